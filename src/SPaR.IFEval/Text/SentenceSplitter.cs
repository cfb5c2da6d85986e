using System.Buffers;

namespace SPaR.IFEval.Text;

/// <summary>Splits English text into sentences as NLTK's Punkt does (Kiss and Strunk, "Unsupervised Multilingual Sentence Boundary
/// Detection", Computational Linguistics 32:4, 2006), with its English model reduced to a few word lists. Its quirks are part of the
/// constraints: a blank line does not end a sentence, "1." before a capital is one, and "e.g." ends one.</summary>
internal static class SentenceSplitter
{
    private static readonly SearchValues<char> Ends = SearchValues.Create(".?!");

    // Characters that may follow the end of a sentence without white space.
    private static readonly SearchValues<char> Following = SearchValues.Create(")\";}]*:@'({[?!");

    public static IReadOnlyList<string> Split(string text)
    {
        var sentences = new List<string>();
        var start = 0;
        foreach (var candidate in Candidates(text))
        {
            if (!EndsHere(text, candidate))
                continue;
            var stop = candidate.End;
            // Closing quotation marks and brackets belong to the sentence before.
            var closing = Closing(text, candidate.Next);
            if (closing > 0)
                stop = candidate.Next + closing;
            Add(sentences, text, start, stop);
            start = closing > 0 ? SkipSpace(text, stop) : candidate.Next;
        }

        Add(sentences, text, start, text.Length);
        return sentences;
    }

    private static void Add(List<string> sentences, string text, int start, int stop)
    {
        var length = start < stop ? text.AsSpan(start, stop - start).LastIndexOfAnyExcept(PythonText.Spaces) + 1 : 0;
        if (length > 0)
            sentences.Add(text.Substring(start, length));
    }

    /// <summary>The last mark of each word that could end a sentence: one that is followed by something other than a letter, or by white
    /// space and more text.</summary>
    private static IEnumerable<Candidate> Candidates(string text)
    {
        Candidate? last = null;
        for (var at = IndexOfEnd(text, 0); at >= 0; at = IndexOfEnd(text, at + 1))
        {
            var next = at + 1 < text.Length && PythonText.IsSpace(text[at + 1]) ? SkipSpace(text, at + 1) : at + 1;
            if (next == text.Length || (next == at + 1 && !Following.Contains(text[next])))
                continue;
            // Looks back to the previous mark at most, so that a long row of marks is read once.
            var before = last?.Mark ?? 0;
            var space = text.AsSpan(before, at - before).LastIndexOfAny(PythonText.Spaces);
            var word = space >= 0 ? before + space + 1 : last?.Word ?? 0;
            // A mark that begins a word is a separate candidate.
            if (last is { } ready && (ready.Mark < word || ready.Mark == ready.Word))
                yield return ready;
            last = new(word, at, next);
        }

        if (last is { } final)
            yield return final;
    }

    private static bool EndsHere(string text, Candidate candidate)
    {
        var stop = candidate.Next == candidate.End ? candidate.Next + 1 : WordEnd(text, candidate.Next);
        var tokens = PunktToken.Read(text.AsSpan(candidate.Word, stop - candidate.Word));
        for (var i = 0; i < tokens.Count - 1; i++)
            if (tokens[i].EndsSentenceBefore(tokens[i + 1]))
                return true;
        return false;
    }

    /// <returns>The number of closing marks here, before white space, a dash or the end; 0 if something else follows them.</returns>
    private static int Closing(string text, int at)
    {
        var count = 0;
        while (at + count < text.Length && text[at + count] is '"' or '\'' or ')' or ']' or '}')
            count++;
        var rest = text.AsSpan(at + count);
        return rest.IsEmpty || PythonText.IsSpace(rest[0]) || rest.StartsWith("--", StringComparison.Ordinal) ? count : 0;
    }

    private static int IndexOfEnd(string text, int from)
    {
        var found = text.AsSpan(from).IndexOfAny(Ends);
        return found < 0 ? -1 : from + found;
    }

    private static int WordEnd(string text, int at)
    {
        var length = text.AsSpan(at).IndexOfAny(PythonText.Spaces);
        return length < 0 ? text.Length : at + length;
    }

    private static int SkipSpace(string text, int at)
    {
        var length = text.AsSpan(at).IndexOfAnyExcept(PythonText.Spaces);
        return length < 0 ? text.Length : at + length;
    }

    /// <param name="Word">The start of the word that the mark closes.</param>
    /// <param name="Mark">The position of the mark.</param>
    /// <param name="Next">The start of the following text.</param>
    private readonly record struct Candidate(int Word, int Mark, int Next)
    {
        public int End => Mark + 1;
    }
}
