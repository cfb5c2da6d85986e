using System.Buffers;
using SPaR.IFEval.Text;

namespace SPaR.IFEval.Checkers;

/// <summary>An exact number of paragraphs, divided by <c>***</c>. Only before the first and after the last divider may there be nothing.
/// </summary>
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

/// <summary>A number of words: runs of letters, digits and underscores, so "don't" is two.</summary>
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

/// <summary>A number of sentences.</summary>
internal sealed class SentenceCount(Threshold count) : IConstraintChecker
{
    public bool IsFollowed(string response) => count.Holds(SentenceSplitter.Split(response).Count);
}

/// <summary>An exact number of paragraphs, divided by two line ends, of which the n-th begins with a word. A blank paragraph does not
/// count, but it takes a number. The word excludes quotation marks before it and everything from its first punctuation mark on.</summary>
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
