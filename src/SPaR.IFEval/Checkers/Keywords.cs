using SPaR.IFEval.Text;

namespace SPaR.IFEval.Checkers;

/// <summary>Each keyword occurs, inside other words too.</summary>
internal sealed class AllKeywords(IReadOnlyList<SearchPattern> keywords) : IConstraintChecker
{
    public bool IsFollowed(string response) => keywords.All(keyword => keyword.IsIn(response));
}

/// <summary>The keyword occurs so often, inside other words too.</summary>
internal sealed class KeywordCount(SearchPattern keyword, Threshold count) : IConstraintChecker
{
    public bool IsFollowed(string response) => count.Holds(keyword.Matches(response).Count());
}

/// <summary>None of the words occurs as a word of its own.</summary>
internal sealed class NoForbiddenWord(IReadOnlyList<SearchPattern> words) : IConstraintChecker
{
    public bool IsFollowed(string response) => !words.Any(word => word.IsIn(response));
}

/// <summary>The letter, or any other character, occurs so often, whatever the case.</summary>
internal sealed class LetterCount(string letter, Threshold count) : IConstraintChecker
{
    private readonly string _letter = PythonText.Lower(letter);

    public bool IsFollowed(string response) => count.Holds(PythonText.Lower(response).AsSpan().Count(_letter));
}
