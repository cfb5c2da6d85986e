using System.Text.Json;
using SPaR.IFEval;

namespace SPaR.Tests.IFEval;

public sealed class ConstraintRegistryTests
{
    [Fact]
    public void There_are_25_types_in_9_families()
    {
        ConstraintRegistry.Ids.Count.ShouldBe(25);
        ConstraintRegistry.Ids.Select(id => id.Split(':')[0]).Distinct().Count().ShouldBe(9);
    }

    [Theory]
    [InlineData("keyword:existance", "id: Unknown constraint \"keyword:existance\"; did you mean \"keywords:existence\"?")]
    [InlineData("no_commas", "id: Unknown constraint \"no_commas\"; did you mean \"punctuation:no_comma\"?")]
    public void An_unknown_id_is_named_with_the_nearest_known_one(string id, string message) =>
        Errors(id, "{}").ShouldBe([message]);

    [Theory]
    [InlineData("length_constraints:number_words", """{"relation": "at least"}""", "kwargs.num_words: Missing; add it.")]
    [InlineData(
        "length_constraints:number_words",
        """{"relation": "at least", "num_words": null}""",
        "kwargs.num_words: Missing; add it.")]
    [InlineData("length_constraints:number_words", """{"relation": "at least", "num_words": "ten"}""",
        "kwargs.num_words: Must be a whole number, not a string.")]
    [InlineData("length_constraints:number_words", """{"relation": "at least", "num_words": 2.5}""",
        "kwargs.num_words: Must be a whole number, not 2.5.")]
    [InlineData("length_constraints:number_words", """{"relation": "at least", "num_words": -1}""",
        "kwargs.num_words: Must be 0 or above, not -1.")]
    [InlineData("length_constraints:number_words", """{"relation": "around", "num_words": 5}""",
        "kwargs.relation: Must be one of \"less than\", \"at least\", not \"around\".")]
    [InlineData(
        "punctuation:no_comma",
        """{"commas": 0}""",
        "kwargs.commas: Not an argument of \"punctuation:no_comma\", which takes none.")]
    [InlineData("startend:end_checker", """{"end_phrase": "x", "phrase": "y"}""",
        "kwargs.phrase: Not an argument of \"startend:end_checker\", which takes end_phrase.")]
    [InlineData("startend:end_checker", """{"end_phrase": "  "}""", "kwargs.end_phrase: Must not be blank.")]
    [InlineData(
        "startend:end_checker", "[]", "kwargs: Must be an object of arguments, not a list.", "kwargs.end_phrase: Missing; add it.")]
    [InlineData("keywords:existence", """{"keywords": "cat"}""", "kwargs.keywords: Must be a list of strings, not a string.")]
    [InlineData("keywords:existence", """{"keywords": []}""", "kwargs.keywords: Must not be empty.")]
    [InlineData("keywords:existence", """{"keywords": ["a", 1, " "]}""",
        "kwargs.keywords[1]: Must be a string, not 1.", "kwargs.keywords[2]: Must not be blank.")]
    [InlineData("keywords:letter_frequency", """{"letter": "ab", "let_frequency": 1, "let_relation": "at least"}""",
        "kwargs.letter: Must be one character, not \"ab\".")]
    [InlineData("language:response_language", """{"language": "xx"}""",
        "kwargs.language: Must be one of \"ar\", \"bg\", \"bn\", \"de\", \"en\", \"es\", \"fa\", \"fi\", \"fr\", \"gu\", " +
        "\"he\", \"hi\", \"it\", \"ja\", \"kn\", \"ko\", \"ml\", \"mr\", \"ne\", \"pa\", \"pl\", \"pt\", \"ru\", \"sw\", \"ta\", \"te\", " +
        "\"th\", \"uk\", \"ur\", \"vi\", not \"xx\".")]
    [InlineData("length_constraints:nth_paragraph_first_word", """{"num_paragraphs": 2, "nth_paragraph": 3, "first_word": "a"}""",
        "kwargs.nth_paragraph: Must be 1 to 2, not 3.")]
    [InlineData("length_constraints:number_sentences", """{"x": 1, "num_sentences": true}""",
        "kwargs.relation: Missing; add it.", "kwargs.num_sentences: Must be a whole number, not true or false.",
        "kwargs.x: Not an argument of \"length_constraints:number_sentences\", which takes relation, num_sentences.")]
    public void Invalid_arguments_are_named_all_at_once(string id, string kwargs, params string[] errors) =>
        Errors(id, kwargs).ShouldBe(errors);

    [Theory]
    [InlineData("C(++")]
    [InlineData("(?<=a)b")]
    public void A_keyword_that_cannot_be_read_as_a_regular_expression_is_refused(string keyword) =>
        Errors("keywords:existence", JsonSerializer.Serialize(new { keywords = new[] { "fine", keyword } })).ShouldHaveSingleItem()
            .ShouldStartWith($"kwargs.keywords[1]: \"{keyword}\" is ");

    [Fact]
    public void Null_arguments_of_other_constraints_count_as_not_given() =>
        Errors("punctuation:no_comma", """{"num_words": null, "keywords": null}""").ShouldBeEmpty();

    [Fact]
    public void Undefined_arguments_are_none() =>
        ConstraintRegistry.Create("punctuation:no_comma", default, "prompt").IsFollowed("none").ShouldBeTrue();

    [Fact]
    public void A_set_names_the_errors_of_all_its_constraints()
    {
        var wrong = Should.Throw<ConstraintException>(() => ConstraintSet.Create(
            [new("nothing", default), new("punctuation:no_comma", default), new("startend:end_checker", default)], "prompt"));

        wrong.Errors.Select(e => e.Field).ShouldBe(["constraints[0].id", "constraints[2].kwargs.end_phrase"]);
    }

    private static List<string> Errors(string id, string kwargs)
    {
        try
        {
            ConstraintRegistry.Create(id, JsonDocument.Parse(kwargs).RootElement, "prompt");
            return [];
        }
        catch (ConstraintException e)
        {
            return [.. e.Errors.Select(error => $"{error.Field}: {error.Message}")];
        }
    }
}
