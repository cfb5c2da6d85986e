using SPaR.IFEval.Text;

namespace SPaR.IFEval.Checkers;

/// <summary>Each keyword occurs, also inside other words.</summary>
internal sealed class AllKeywords(IReadOnlyList<SearchPattern> keywords) : IConstraintChecker
{
    public bool IsFollowed(string response) => keywords.All(keyword => keyword.IsIn(response));
}

/// <summary>The keyword occurs a number of times, also inside other words.</summary>
internal sealed class KeywordCount(SearchPattern keyword, Threshold count) : IConstraintChecker
{
    public bool IsFollowed(string response) => count.Holds(keyword.Matches(response).Count());
}

/// <summary>None of the words occurs as a separate word.</summary>
internal sealed class NoForbiddenWord(IReadOnlyList<SearchPattern> words) : IConstraintChecker
{
    public bool IsFollowed(string response) => !words.Any(word => word.IsIn(response));
}

/// <summary>A character occurs a number of times, ignoring case.</summary>
internal sealed class LetterCount(string letter, Threshold count) : IConstraintChecker
{
    private readonly string _letter = PythonText.Lower(letter);

    public bool IsFollowed(string response) => count.Holds(PythonText.Lower(response).AsSpan().Count(_letter));
}
