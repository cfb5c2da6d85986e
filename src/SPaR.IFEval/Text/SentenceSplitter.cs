using System.Buffers;

namespace SPaR.IFEval.Text;

/// <summary>Splits English text into sentences as NLTK's Punkt does (Kiss and Strunk, "Unsupervised Multilingual Sentence Boundary
/// Detection", Computational Linguistics 32:4, 2006), with what that model learnt of English put into a few lists of words. Its quirks
/// are part of the constraints: a blank line ends no sentence, "1." before a capital is one, and "e.g." ends one.</summary>
internal static class SentenceSplitter
{
    private static readonly SearchValues<char> Ends = SearchValues.Create(".?!");

    // What may follow an end without white space between.
    private static readonly SearchValues<char> Following = SearchValues.Create(")\";}]*:@'({[?!");

    public static IReadOnlyList<string> Split(string text)
    {
        var sentences = new List<string>();
        var start = 0;
        foreach (var place in Places(text))
        {
            if (!EndsHere(text, place))
                continue;
            var stop = place.End;
            // Quotation marks and brackets that close here belong to what they close.
            var closing = Closing(text, place.Next);
            if (closing > 0)
                stop = place.Next + closing;
            Add(sentences, text, start, stop);
            start = closing > 0 ? SkipSpace(text, stop) : place.Next;
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

    /// <summary>The last mark of each word that could end a sentence: one with something other than a letter behind it, or with white
    /// space and more text.</summary>
    private static IEnumerable<Place> Places(string text)
    {
        Place? last = null;
        for (var at = IndexOfEnd(text, 0); at >= 0; at = IndexOfEnd(text, at + 1))
        {
            var next = at + 1 < text.Length && PythonText.IsSpace(text[at + 1]) ? SkipSpace(text, at + 1) : at + 1;
            if (next == text.Length || (next == at + 1 && !Following.Contains(text[next])))
                continue;
            // Looks back no further than the mark before, so that a long row of marks is gone through once.
            var before = last?.Mark ?? 0;
            var space = text.AsSpan(before, at - before).LastIndexOfAny(PythonText.Spaces);
            var word = space >= 0 ? before + space + 1 : last?.Word ?? 0;
            // A mark that begins a word is a place of its own.
            if (last is { } ready && (ready.Mark < word || ready.Mark == ready.Word))
                yield return ready;
            last = new(word, at, next);
        }

        if (last is { } final)
            yield return final;
    }

    private static bool EndsHere(string text, Place place)
    {
        var stop = place.Next == place.End ? place.Next + 1 : WordEnd(text, place.Next);
        var tokens = PunktToken.Read(text.AsSpan(place.Word, stop - place.Word));
        for (var i = 0; i < tokens.Count - 1; i++)
            if (tokens[i].EndsSentenceBefore(tokens[i + 1]))
                return true;
        return false;
    }

    /// <returns>How many closing marks stand here, before white space, a dash or the end; 0 where something else follows them.</returns>
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

    /// <param name="Word">Where the word begins that the mark closes.</param>
    /// <param name="Mark">The mark.</param>
    /// <param name="Next">Where the text goes on.</param>
    private readonly record struct Place(int Word, int Mark, int Next)
    {
        public int End => Mark + 1;
    }
}
