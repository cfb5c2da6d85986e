namespace SPaR.IFEval.Text;

/// <summary>Cuts a sentence into words and marks as the Penn Treebank does, in the variant of NLTK's <c>word_tokenize</c>. What it
/// is exact about is which words there are, not how quotation marks are spelt or where the last period goes.</summary>
internal static class WordTokenizer
{
    private const string Marks = "«“‘„»”’;@#$%&?!*()[]{}<>\"`";

    /// <summary>Written as one word and read as two; how long the first is.</summary>
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
            // Endings are cut off before a space or a mark, not before a line's end.
            AddWord(
                tokens,
                sentence[start..at],
                cutEndings: at == sentence.Length || sentence[at] == ' ' || !PythonText.IsSpace(sentence[at]));
        }

        return tokens;
    }

    /// <returns>How long a mark stands here that is a token of its own; 0 where a word goes on.</returns>
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
        // An apostrophe before a single letter, unless the two are an ending, stands alone: O'B is O, ' and B.
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
            // Before the ending there is a space now, and another may be cut off.
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
