using System.Text;

namespace SPaR.IFEval.Languages;

/// <summary>A writing system. Languages of <c>samples.txt</c> that share one are told apart by their letters.</summary>
internal enum Script
{
    Latin,
    Cyrillic,
    Arabic,
    Devanagari,
    Greek,
    Hebrew,
    Bengali,
    Gurmukhi,
    Gujarati,
    Tamil,
    Telugu,
    Kannada,
    Malayalam,
    Thai,
    Hangul,
    Kana,
    Han,
}

/// <summary>Assigns characters to scripts by Unicode block. Knows only languages that have a script to themselves.</summary>
internal static class Scripts
{
    private static readonly (int First, int Last, Script Script)[] Blocks =
    [
        ('A', 'Z', Script.Latin), ('a', 'z', Script.Latin), (0xC0, 0xD6, Script.Latin), (0xD8, 0xF6, Script.Latin),
        (0xF8, 0x24F, Script.Latin), (0x370, 0x3FF, Script.Greek), (0x400, 0x52F, Script.Cyrillic), (0x5D0, 0x5EA, Script.Hebrew),
        (0x620, 0x6D3, Script.Arabic), (0x750, 0x77F, Script.Arabic), (0x900, 0x97F, Script.Devanagari), (0x980, 0x9FF, Script.Bengali),
        (0xA00, 0xA7F, Script.Gurmukhi), (0xA80, 0xAFF, Script.Gujarati), (0xB80, 0xBFF, Script.Tamil), (0xC00, 0xC7F, Script.Telugu),
        (0xC80, 0xCFF, Script.Kannada), (0xD00, 0xD7F, Script.Malayalam), (0xE00, 0xE7F, Script.Thai), (0x1100, 0x11FF, Script.Hangul),
        (0x1E00, 0x1EFF, Script.Latin), (0x1F00, 0x1FFF, Script.Greek), (0x3041, 0x30FF, Script.Kana), (0x3130, 0x318F, Script.Hangul),
        (0x3400, 0x9FFF, Script.Han), (0xAC00, 0xD7AF, Script.Hangul), (0x20000, 0x3FFFF, Script.Han),
    ];

    /// <summary>The only language of the script among those that are detected.</summary>
    public static string? OnlyLanguage(Script script) => script switch
    {
        Script.Greek => "el",
        Script.Hebrew => "he",
        Script.Bengali => "bn",
        Script.Gurmukhi => "pa",
        Script.Gujarati => "gu",
        Script.Tamil => "ta",
        Script.Telugu => "te",
        Script.Kannada => "kn",
        Script.Malayalam => "ml",
        Script.Thai => "th",
        Script.Hangul => "ko",
        _ => null,
    };

    /// <returns>The number of characters in each script; digits and the like do not count.</returns>
    public static Dictionary<Script, int> Count(string text)
    {
        var counts = new Dictionary<Script, int>();
        foreach (var rune in text.EnumerateRunes())
            if (Of(rune) is { } script)
                counts[script] = counts.GetValueOrDefault(script) + 1;
        return counts;
    }

    /// <returns>The words in the script, in lower case, with one space before and after each.</returns>
    public static string Words(string text, Script script, int most)
    {
        var words = new StringBuilder(" ");
        foreach (var rune in text.EnumerateRunes())
        {
            if (words.Length > most)
                break;
            if (Of(rune) == script)
                words.Append(Rune.ToLowerInvariant(rune));
            else if (words[^1] != ' ')
                words.Append(' ');
        }

        if (words[^1] != ' ')
            words.Append(' ');
        return words.ToString();
    }

    private static Script? Of(Rune rune)
    {
        // The common case.
        if (rune.IsAscii)
            return char.IsAsciiLetter((char)rune.Value) ? Script.Latin : null;
        foreach (var (first, last, script) in Blocks)
            if (rune.Value <= last)
                return rune.Value >= first ? script : null;
        return null;
    }
}
