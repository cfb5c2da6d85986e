using SPaR.IFEval.Checkers;
using SPaR.IFEval.Text;

namespace SPaR.IFEval;

/// <summary>The 25 types of arXiv 2311.07911, table 1, in its order, as the public reference checks them. An argument that the reference
/// would draw at random if it is missing or out of range must be given here.</summary>
internal static class IfevalConstraints
{
    public static readonly Dictionary<string, Func<Kwargs, IConstraintChecker>> All = new()
    {
        ["keywords:existence"] = k => new AllKeywords(k.Patterns("keywords", SearchPattern.Anywhere)),
        ["keywords:frequency"] = k => new KeywordCount(k.Pattern("keyword", Keyword), k.Threshold("relation", "frequency")),
        ["keywords:forbidden_words"] = k => new NoForbiddenWord(k.Patterns("forbidden_words", SearchPattern.WholeWord)),
        ["keywords:letter_frequency"] = k => new LetterCount(k.Letter("letter"), k.Threshold("let_relation", "let_frequency")),
        ["language:response_language"] = k => new ResponseLanguage(k.OneOf("language", Languages.LanguageDetector.Codes)),
        ["length_constraints:number_paragraphs"] = k => new DividedParagraphs(k.Number("num_paragraphs", 0)),
        ["length_constraints:number_words"] = k => new WordCount(k.Threshold("relation", "num_words")),
        ["length_constraints:number_sentences"] = k => new SentenceCount(k.Threshold("relation", "num_sentences")),
        ["length_constraints:nth_paragraph_first_word"] = ParagraphFirstWord,
        ["detectable_content:postscript"] = k => new Postscript(k.Pattern("postscript_marker", Postscript.Compile)),
        ["detectable_content:number_placeholders"] = k => new PlaceholderCount(k.Number("num_placeholders", 0)),
        ["detectable_format:number_bullet_lists"] = k => new BulletCount(k.Number("num_bullets", 0)),
        ["detectable_format:title"] = _ => new Title(),
        ["detectable_format:constrained_response"] = _ => new ConstrainedResponse(),
        ["detectable_format:number_highlighted_sections"] = k => new HighlightCount(k.Number("num_highlights", 0)),
        ["detectable_format:multiple_sections"] = k => new SectionCount(k.Pattern("section_spliter", Heading), k.Number("num_sections", 0)),
        ["detectable_format:json_format"] = _ => new JsonFormat(),
        ["combination:repeat_prompt"] = k => new RepeatPrompt(k.Text("prompt_to_repeat")),
        ["combination:two_responses"] = _ => new TwoResponses(),
        ["change_case:english_capital"] = _ => new EnglishCapitals(),
        ["change_case:english_lowercase"] = _ => new EnglishLowercase(),
        ["change_case:capital_word_frequency"] = k => new CapitalWordCount(k.Threshold("capital_relation", "capital_frequency")),
        ["startend:end_checker"] = k => new EndPhrase(k.Text("end_phrase")),
        ["startend:quotation"] = _ => new Quotation(),
        ["punctuation:no_comma"] = _ => new NoComma(),
    };

    private static SearchPattern Keyword(string text) => SearchPattern.Anywhere(PythonText.Strip(text));

    private static SearchPattern Heading(string text) => SearchPattern.Numbered(PythonText.Strip(text));

    private static ParagraphFirstWord ParagraphFirstWord(Kwargs k)
    {
        var count = k.Number("num_paragraphs", 1);
        return new(count, k.Number("nth_paragraph", 1, count), k.Text("first_word"));
    }
}
