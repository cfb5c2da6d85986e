using System.Text.RegularExpressions;
using SPaR.IFEval.Text;

namespace SPaR.IFEval.Languages;

/// <summary>Which language a text is in: first by its script, then, where several languages share one, by its letters. The same text
/// always gives the same answer.</summary>
internal static partial class LanguageDetector
{
    /// <summary>There are letters, but too few to tell, as in a single word.</summary>
    public const string Undetermined = "und";

    /// <summary>Letters of a text that are looked at; more would change nothing.</summary>
    private const int LookedAt = 4000;

    /// <summary>Of words in capitals the reference's detector sees the first letters alone, and one or two tell it nothing.</summary>
    private const int LeastCapitalWords = 3;

    private static readonly Lazy<Dictionary<Script, LetterModel>> Models = new(() => LetterModel.OfSamples(Samples.Read()));

    /// <summary>What a constraint may ask for, as ISO 639-1: the languages that IFEval's reference offers.</summary>
    public static IReadOnlyList<string> Codes { get; } =
    [
        "ar", "bg", "bn", "de", "en", "es", "fa", "fi", "fr", "gu", "he", "hi", "it", "ja", "kn", "ko", "ml", "mr", "ne", "pa", "pl", "pt",
        "ru", "sw", "ta", "te", "th", "uk", "ur", "vi",
    ];

    /// <returns>ISO 639-1; <see cref="Undetermined"/>; null where there is nothing that belongs to any language, such as digits alone.
    /// </returns>
    public static string? Detect(string text)
    {
        var letters = Addresses().Replace(text, " ");
        var counts = Scripts.Count(letters);
        var latin = counts.GetValueOrDefault(Script.Latin);
        var other = counts.Values.Sum() - latin;
        // Names and terms in Latin letters are no sign of anything in a text that is mostly in another script.
        if (latin * 2 < other)
            counts.Remove(Script.Latin);
        if (counts.Count == 0)
            return null;
        var script = counts.MaxBy(c => c.Value).Key;
        if (script is Script.Han or Script.Kana)
            return counts.GetValueOrDefault(Script.Kana) * 5 >= counts.GetValueOrDefault(Script.Han) ? "ja" : "zh";
        if (Scripts.OnlyLanguage(script) is { } only)
            return only;
        var words = Scripts.Words(letters, script, LookedAt);
        return PythonText.IsUpper(letters) && words.AsSpan().Count(' ') - 1 < LeastCapitalWords
            ? Undetermined
            : Models.Value[script].Best(words) ?? Undetermined;
    }

    // Web and mail addresses are in no language.
    [GeneratedRegex(@"https?://[-_.?&~;+=/#0-9A-Za-z]+|[-_.0-9A-Za-z]{1,64}@[-_.0-9A-Za-z]+", RegexOptions.CultureInvariant)]
    private static partial Regex Addresses();
}
