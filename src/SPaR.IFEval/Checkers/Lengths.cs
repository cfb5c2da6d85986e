using System.Buffers;
using SPaR.IFEval.Text;

namespace SPaR.IFEval.Checkers;

/// <summary>Exactly so many paragraphs, divided by <c>***</c>. Before the first divider and after the last there may be nothing;
/// between two there must be something.</summary>
internal sealed class DividedParagraphs(int count) : IConstraintChecker
{
    public bool IsFollowed(string response)
    {
        var paragraphs = response.Split("***");
        var actual = paragraphs.Length;
        foreach (var (index, paragraph) in paragraphs.Index())
        {
            if (!PythonText.IsBlank(paragraph))
                continue;
            if (index > 0 && index < paragraphs.Length - 1)
                return false;
            actual--;
        }

        return actual == count;
    }
}

/// <summary>So many words: runs of letters, numbers and underscores, which cuts "don't" in two.</summary>
internal sealed class WordCount(Threshold count) : IConstraintChecker
{
    public bool IsFollowed(string response)
    {
        var words = 0;
        var inWord = false;
        foreach (var c in response.EnumerateRunes())
        {
            var isWord = PythonText.IsWord(c);
            if (isWord && !inWord)
                words++;
            inWord = isWord;
        }

        return count.Holds(words);
    }
}

/// <summary>So many sentences.</summary>
internal sealed class SentenceCount(Threshold count) : IConstraintChecker
{
    public bool IsFollowed(string response) => count.Holds(SentenceSplitter.Split(response).Count);
}

/// <summary>Exactly so many paragraphs, divided by two line ends, of which the n-th begins with a word. A blank paragraph is not
/// counted, but it has a number. Quotation marks before the word, and what stands after its first punctuation mark, are no part of it.
/// </summary>
/// <param name="nth">From 1.</param>
internal sealed class ParagraphFirstWord(int count, int nth, string firstWord) : IConstraintChecker
{
    private static readonly SearchValues<char> EndsWord = SearchValues.Create(".,?!'\"");

    private readonly string _firstWord = PythonText.Lower(firstWord);

    public bool IsFollowed(string response)
    {
        var paragraphs = response.Split("\n\n");
        var actual = paragraphs.Count(p => !PythonText.IsBlank(p));
        if (actual != count || nth > actual)
            return false;
        var paragraph = PythonText.Strip(paragraphs[nth - 1].AsSpan());
        var end = paragraph.IndexOfAny(PythonText.Spaces);
        var word = (end < 0 ? paragraph : paragraph[..end]).TrimStart('\'').TrimStart('"');
        end = word.IndexOfAny(EndsWord);
        return !paragraph.IsEmpty && PythonText.Lower((end < 0 ? word : word[..end]).ToString()) == _firstWord;
    }
}
