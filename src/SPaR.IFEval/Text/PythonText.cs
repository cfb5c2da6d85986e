using System.Buffers;
using System.Globalization;
using System.Text;

namespace SPaR.IFEval.Text;

/// <summary>Python's text methods and regular-expression classes where .NET's differ, because the constraints are defined by Python's.
/// Knows no constraints.</summary>
internal static class PythonText
{
    /// <summary>White space of <c>\s</c>, <c>strip()</c> and <c>split()</c>: .NET's, and the four ASCII separators.</summary>
    public static readonly SearchValues<char> Spaces = SearchValues.Create(
        "\t\n\v\f\r\u001c\u001d\u001e\u001f \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a" +
        "\u2028\u2029\u202f\u205f\u3000");

    public static bool IsSpace(char c) => Spaces.Contains(c);

    public static bool IsBlank(string text) => text.AsSpan().IndexOfAnyExcept(Spaces) < 0;

    /// <summary><c>strip()</c></summary>
    public static string Strip(string text) => Strip(text.AsSpan()).ToString();

    public static ReadOnlySpan<char> Strip(ReadOnlySpan<char> text)
    {
        var start = text.IndexOfAnyExcept(Spaces);
        return start < 0 ? [] : text[start..(text.LastIndexOfAnyExcept(Spaces) + 1)];
    }

    /// <summary><c>lower()</c>: as the invariant culture's, except that the dotted capital I becomes two characters.</summary>
    public static string Lower(string text) => text.ToLowerInvariant().Replace("\u0130", "i\u0307", StringComparison.Ordinal);

    /// <summary><c>\w</c>: letters, all kinds of numbers and the underscore. Marks do not match, so words of Indic scripts are cut at
    /// their vowel signs.</summary>
    public static bool IsWord(Rune c) => c.Value == '_' || Rune.IsLetter(c) || Rune.GetUnicodeCategory(c)
        is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>Whether <c>\w</c> matches the character before, and at, a position in the text.</summary>
    public static (bool Before, bool At) WordAround(string text, int place)
    {
        var before = Rune.DecodeLastFromUtf16(text.AsSpan(0, place), out var last, out _) == OperationStatus.Done && IsWord(last);
        return (before, Rune.DecodeFromUtf16(text.AsSpan(place), out var next, out _) == OperationStatus.Done && IsWord(next));
    }

    /// <summary><c>isupper()</c>: at least one capital, and nothing in lower or title case.</summary>
    public static bool IsUpper(ReadOnlySpan<char> text) => IsAll(text, IsUpper, IsLower);

    /// <summary><c>islower()</c>: at least one lower-case letter, and nothing in upper or title case.</summary>
    public static bool IsLower(ReadOnlySpan<char> text) => IsAll(text, IsLower, IsUpper);

    private static bool IsAll(ReadOnlySpan<char> text, Func<Rune, bool> wanted, Func<Rune, bool> unwanted)
    {
        var any = false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (unwanted(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.TitlecaseLetter)
                return false;
            any = any || wanted(rune);
        }

        return any;
    }

    // Unicode's property Uppercase: capitals, and numerals and circled or boxed letters that look like them.
    private static bool IsUpper(Rune c) => Rune.GetUnicodeCategory(c) == UnicodeCategory.UppercaseLetter || c.Value
        is (>= 0x2160 and <= 0x216F) or (>= 0x24B6 and <= 0x24CF) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169)
        or (>= 0x1F170 and <= 0x1F189);

    // Unicode's property Lowercase: small letters, their modifier and subscript forms, small numerals and circled letters.
    private static bool IsLower(Rune c) => Rune.GetUnicodeCategory(c) == UnicodeCategory.LowercaseLetter || c.Value
        is 0xAA or 0xBA or (>= 0x2B0 and <= 0x2B8) or 0x2C0 or 0x2C1 or (>= 0x2E0 and <= 0x2E4) or 0x345 or 0x37A or 0x10FC
        or (>= 0x1D2C and <= 0x1D6A) or 0x1D78 or (>= 0x1D9B and <= 0x1DBF) or 0x2071 or 0x207F or (>= 0x2090 and <= 0x209C)
        or (>= 0x2170 and <= 0x217F) or (>= 0x24D0 and <= 0x24E9) or 0x2C7C or 0x2C7D or 0xA69C or 0xA69D or 0xA770 or 0xA7F8 or 0xA7F9
        or (>= 0xAB5C and <= 0xAB5F);
}
