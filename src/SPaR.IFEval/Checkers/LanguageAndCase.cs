using SPaR.IFEval.Languages;
using SPaR.IFEval.Text;

namespace SPaR.IFEval.Checkers;

/// <summary>The response is in a language. Text without a language, such as a number, counts as followed.</summary>
internal sealed class ResponseLanguage(string language) : IConstraintChecker
{
    public bool IsFollowed(string response) => (LanguageDetector.Detect(response) ?? language) == language;
}

/// <summary>English, in capitals.</summary>
internal sealed class EnglishCapitals : IConstraintChecker
{
    public bool IsFollowed(string response) => PythonText.IsUpper(response) && LanguageDetector.Detect(response) is "en" or null;
}

/// <summary>English, in lower case.</summary>
internal sealed class EnglishLowercase : IConstraintChecker
{
    public bool IsFollowed(string response) => PythonText.IsLower(response) && LanguageDetector.Detect(response) is "en" or null;
}

/// <summary>A number of words in capitals. A hyphen joins two words; a contraction is two: "DON'T" is DO and N'T.</summary>
internal sealed class CapitalWordCount(Threshold count) : IConstraintChecker
{
    public bool IsFollowed(string response) =>
        count.Holds(SentenceSplitter.Split(response).Sum(s => WordTokenizer.Tokenize(s).Count(word => PythonText.IsUpper(word))));
}
