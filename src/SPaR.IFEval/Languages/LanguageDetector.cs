using System.Text.RegularExpressions;
using SPaR.IFEval.Text;

namespace SPaR.IFEval.Languages;

/// <summary>Detects the language of a text: by its script, and by its letters if several languages share the script. The result is
/// deterministic.</summary>
internal static partial class LanguageDetector
{
    /// <summary>There are letters, but too few, as in a single word.</summary>
    public const string Undetermined = "und";

    /// <summary>The letters of a text that are read; more change nothing.</summary>
    private const int MostLetters = 4000;

    /// <summary>Of words in capitals the reference's detector sees only the first letters; one or two tell it nothing.</summary>
    private const int LeastCapitalWords = 3;

    private static readonly Lazy<Dictionary<Script, LetterModel>> Models = new(() => LetterModel.OfSamples(Samples.Read()));

    /// <summary>The languages that a constraint may ask for, as ISO 639-1: those of IFEval's reference.</summary>
    public static IReadOnlyList<string> Codes { get; } =
    [
        "ar", "bg", "bn", "de", "en", "es", "fa", "fi", "fr", "gu", "he", "hi", "it", "ja", "kn", "ko", "ml", "mr", "ne", "pa", "pl", "pt",
        "ru", "sw", "ta", "te", "th", "uk", "ur", "vi",
    ];

    /// <returns>ISO 639-1; <see cref="Undetermined"/>; null if nothing belongs to a language, as with digits alone.
    /// </returns>
    public static string? Detect(string text)
    {
        var letters = Addresses().Replace(text, " ");
        var counts = Scripts.Count(letters);
        var latin = counts.GetValueOrDefault(Script.Latin);
        var other = counts.Values.Sum() - latin;
        // Names and terms in Latin letters say nothing about a text that is mostly in another script.
        if (latin * 2 < other)
            counts.Remove(Script.Latin);
        if (counts.Count == 0)
            return null;
        var script = counts.MaxBy(c => c.Value).Key;
        if (script is Script.Han or Script.Kana)
            return counts.GetValueOrDefault(Script.Kana) * 5 >= counts.GetValueOrDefault(Script.Han) ? "ja" : "zh";
        if (Scripts.OnlyLanguage(script) is { } only)
            return only;
        var words = Scripts.Words(letters, script, MostLetters);
        return PythonText.IsUpper(letters) && words.AsSpan().Count(' ') - 1 < LeastCapitalWords
            ? Undetermined
            : Models.Value[script].Best(words) ?? Undetermined;
    }

    // Web and mail addresses are in no language.
    [GeneratedRegex(@"https?://[-_.?&~;+=/#0-9A-Za-z]+|[-_.0-9A-Za-z]{1,64}@[-_.0-9A-Za-z]+", RegexOptions.CultureInvariant)]
    private static partial Regex Addresses();
}
