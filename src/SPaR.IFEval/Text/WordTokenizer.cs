namespace SPaR.IFEval.Text;

/// <summary>Cuts a sentence into words and marks like NLTK's <c>word_tokenize</c>, a variant of the Penn Treebank's tokeniser. Exact about
/// the words, not about the spelling of quotation marks or the last period.</summary>
internal static class WordTokenizer
{
    private const string Marks = "«“‘„»”’;@#$%&?!*()[]{}<>\"`";

    /// <summary>Words that are split in two, with the length of the first part.</summary>
    private static readonly (string Word, int First)[] Joined =
        [("cannot", 3), ("d'ye", 1), ("gimme", 3), ("gonna", 3), ("gotta", 3), ("lemme", 3), ("more'n", 4), ("wanna", 3)];

    private static readonly string[] ShortEndings = ["'s", "'S", "'m", "'M", "'d", "'D", "'"];
    private static readonly string[] LongEndings = ["'ll", "'LL", "'re", "'RE", "'ve", "'VE", "n't", "N'T"];

    public static IReadOnlyList<string> Tokenize(string sentence)
    {
        var tokens = new List<string>();
        for (var at = 0; at < sentence.Length;)
        {
            if (PythonText.IsSpace(sentence[at]))
            {
                at++;
                continue;
            }

            var mark = MarkLength(sentence, at);
            if (mark > 0)
            {
                tokens.Add(sentence.Substring(at, mark));
                at += mark;
                continue;
            }

            var start = at;
            while (at < sentence.Length && !PythonText.IsSpace(sentence[at]) && MarkLength(sentence, at) == 0)
                at++;
            // Endings are cut off before a space or a mark, not before a line end.
            AddWord(
                tokens, sentence[start..at], cutEndings: at == sentence.Length || sentence[at] == ' ' || !PythonText.IsSpace(sentence[at]));
        }

        return tokens;
    }

    /// <returns>The length of a mark that is a token here; 0 inside a word.</returns>
    private static int MarkLength(string text, int at)
    {
        var c = text[at];
        if (Marks.Contains(c, StringComparison.Ordinal))
            return 1;
        return c switch
        {
            ':' or ',' => at + 1 == text.Length || !char.IsDigit(text[at + 1]) ? 1 : 0,
            '.' => Same(text, at) is > 1 and var dots ? dots : 0,
            '-' or '\'' => at + 1 < text.Length && text[at + 1] == c ? 2 : 0,
            _ => 0,
        };
    }

    private static int Same(string text, int at)
    {
        var end = at;
        while (end < text.Length && text[end] == text[at])
            end++;
        return end - at;
    }

    private static void AddWord(List<string> tokens, string word, bool cutEndings)
    {
        // An apostrophe before a single letter is a token, unless the two are an ending: O'B is O, ' and B.
        var quote = SingleLetterQuote(word);
        if (quote >= 0)
        {
            AddParts(tokens, word[..quote], cutEndings: false);
            tokens.Add("'");
            AddWord(tokens, word[(quote + 1)..], cutEndings);
        }
        else
        {
            AddParts(tokens, word, cutEndings);
        }
    }

    private static int SingleLetterQuote(string word)
    {
        for (var at = word.IndexOf('\'', StringComparison.Ordinal); at >= 0 && at + 1 < word.Length; at = word.IndexOf('\'', at + 1))
        {
            var isSingle = PythonText.WordAround(word, at + 1).At && !PythonText.WordAround(word, at + 2).At;
            if (isSingle && !"mtsdnMTSDN".Contains(word[at + 1], StringComparison.Ordinal))
                return at;
        }

        return -1;
    }

    private static void AddParts(List<string> tokens, string word, bool cutEndings)
    {
        var rest = word;
        string? ending = null;
        if (cutEndings)
            rest = CutEnding(rest, ShortEndings, ref ending);
        if (cutEndings && ending is null)
            rest = CutEnding(rest, LongEndings, ref ending);
        if (ending is not null && ending != "'")
        {
            // Now a space precedes the ending, so another can be cut off.
            string? inner = null;
            rest = CutEnding(rest, LongEndings, ref inner);
            AddJoined(tokens, rest);
            if (inner is not null)
                tokens.Add(inner);
        }
        else
        {
            AddJoined(tokens, rest);
        }

        if (ending is not null)
            tokens.Add(ending);
    }

    private static string CutEnding(string word, string[] endings, ref string? ending)
    {
        foreach (var possible in endings)
        {
            var before = word.Length - possible.Length;
            if (before < 1 || word[before - 1] == '\'' || !word.EndsWith(possible, StringComparison.Ordinal))
                continue;
            ending = possible;
            return word[..before];
        }

        return word;
    }

    private static void AddJoined(List<string> tokens, string word)
    {
        foreach (var (joined, first) in Joined)
        {
            var at = word.IndexOf(joined, StringComparison.OrdinalIgnoreCase);
            if (at < 0 || PythonText.WordAround(word, at).Before || PythonText.WordAround(word, at + joined.Length).At)
                continue;
            tokens.Add(word[..(at + first)]);
            AddJoined(tokens, word[(at + first)..]);
            return;
        }

        if (word.Length > 0)
            tokens.Add(word);
    }
}
