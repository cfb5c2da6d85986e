using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>Normalises the part of an answer that is compared: two answers are equal if their forms are.</summary>
/// <remarks>The form of a number is its value: "1,234.50", "$1234.5" and "1234.5." are equal. The form of any other text is what SQuAD's
/// own script compares (arXiv 1606.05250): lower case, no punctuation or symbols, without the words a, an and the, words separated by
/// single spaces.</remarks>
internal static partial class AnswerForm
{
    public const string Whole = "whole", LastNumber = "last-number", AfterHashes = "after-####";

    private const string Hashes = "####";

    public static IReadOnlyList<string> Extracts { get; } = [Whole, LastNumber, AfterHashes];

    /// <returns>Null when the text has no such part.</returns>
    public static string? Of(string text, string extract) => extract switch
    {
        LastNumber => Number().Matches(text) is [.., var last] ? Form(last.Value) : null,
        AfterHashes => text.LastIndexOf(Hashes, StringComparison.Ordinal) is >= 0 and var at ? Form(text[(at + Hashes.Length)..]) : null,
        _ => Form(text),
    };

    private static string Form(string text)
    {
        var trimmed = text.Trim().TrimEnd('.');
        if (OnlyNumber().IsMatch(trimmed) && Value(trimmed) is { } number)
            return number.ToString("0.############################", CultureInfo.InvariantCulture);
        var letters = new StringBuilder();
        foreach (var c in trimmed.ToLowerInvariant())
            if (!char.IsPunctuation(c) && !char.IsSymbol(c))
                letters.Append(c);
        var words = letters.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return string.Join(' ', words.Where(word => word is not ("a" or "an" or "the")));
    }

    private static decimal? Value(string number) => decimal.TryParse(
        CurrencyOrComma().Replace(number, ""), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
        out var value) ? value : null;

    // A minus counts unless a word or a closing bracket comes right before it: "5-3" has the numbers 5 and 3.
    [GeneratedRegex(@"(?:(?<![\w)])-)?[$€£]?\d+(?:,\d{3})*(?:\.\d+)?", RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex(@"^-?[$€£]?-?\d+(?:,\d{3})*(?:\.\d+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex OnlyNumber();

    [GeneratedRegex("[$€£,]", RegexOptions.CultureInvariant)]
    private static partial Regex CurrencyOrComma();
}
