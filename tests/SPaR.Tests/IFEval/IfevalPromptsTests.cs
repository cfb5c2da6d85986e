using SPaR.IFEval;

namespace SPaR.Tests.IFEval;

public sealed class IfevalPromptsTests
{
    private const string Good = """{"key": 1, "prompt": "No commas.", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}""";

    [Fact]
    public void A_line_is_a_prompt_with_its_constraints()
    {
        var prompt = Read(Good).Prompts.ShouldHaveSingleItem();

        (prompt.Key.ToString(), prompt.Prompt).ShouldBe(("1", "No commas."));
        prompt.Constraints.Check("one, two").Strict.ShouldBe([false]);
    }

    [Fact]
    public void Nulls_of_other_constraints_are_ignored_as_some_copies_of_the_file_have_them() =>
        Read(Good.Replace("[{}]", """[{"num_words": null, "keywords": null}]""", StringComparison.Ordinal)).Errors.ShouldBeEmpty();

    [Fact]
    public void A_string_key_differs_from_the_same_number() =>
        Read(Good, Good.Replace("1,", "\"1\",", StringComparison.Ordinal)).Prompts.Select(p => p.Key.IsNumber).ShouldBe([true, false]);

    [Theory]
    [InlineData("""[1]""", "line 2: Must be a JSON object.")]
    [InlineData("""{"key": 1.5, "prompt": "p", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}""",
        "line 2, key: Must be a whole number or a string.")]
    [InlineData("""{"key": 1, "prompt": "p", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}""",
        "line 2, key: 1 is already the key of line 1; give each prompt its own.")]
    [InlineData("""{"key": 2, "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}""", "line 2, prompt: Must be a string.")]
    [InlineData(
        """{"key": 2, "prompt": "p", "instruction_id_list": [], "kwargs": []}""",
        "line 2, instruction_id_list: Must not be empty.")]
    [InlineData("""{"key": 2, "prompt": "p", "instruction_id_list": ["punctuation:no_comma"], "kwargs": []}""",
        "line 2, kwargs: Must have as many entries as instruction_id_list: 1, not 0.")]
    [InlineData("""{"key": 2, "prompt": "p", "instruction_id_list": ["punctuation:no_comma", 3], "kwargs": [{}, {}]}""",
        "line 2, instruction_id_list[1]: Must be a string.")]
    [InlineData("""{"key": 2, "prompt": "p", "instruction_id_list": ["punctuation:no_coma"], "kwargs": [{}]}""",
        "line 2, instruction_id_list[0]: Unknown constraint \"punctuation:no_coma\"; did you mean \"punctuation:no_comma\"?")]
    [InlineData(
        """{"key": 2, "prompt": "p", "instruction_id_list": ["punctuation:no_comma","startend:end_checker"], "kwargs": [{}, {"end": 1}]}""",
        "line 2, kwargs[1].end_phrase: Missing; add it.",
        "line 2, kwargs[1].end: Not an argument of \"startend:end_checker\", which takes end_phrase.")]
    public void Errors_name_line_and_field(string line, params string[] errors)
    {
        var read = Read(Good, line);

        read.Errors.Select(e => e.ToString()).ShouldBe(errors);
        read.Prompts.Count.ShouldBe(1);
    }

    [Fact]
    public void Reading_continues_after_an_error_and_counts_blank_lines()
    {
        var read = Read("{", "", Good, "null");

        read.Errors.Select(e => e.Line).ShouldBe([1, 4]);
        read.Errors[0].Message.ShouldStartWith("Not JSON: ");
        read.Prompts.Count.ShouldBe(1);
    }

    [Fact]
    public void A_response_is_found_by_key_or_by_text()
    {
        var prompts = Read(Good, Good.Replace("1,", "2,", StringComparison.Ordinal)).Prompts;

        Responses(prompts, """{"key": 2, "response": "b"}""").ByKey.Single().ShouldBe(new(prompts[1].Key, "b"));
        Responses(prompts, """{"prompt": "No commas.", "response": "a"}""").ByKey.Count.ShouldBe(2);
        Responses(prompts, """{"key": 2, "response": ""}""").Missing.ShouldBe([prompts[0].Key]);
    }

    [Theory]
    [InlineData("""{"response": "x"}""", "line 2, key: Missing; give \"key\", or \"prompt\" with the prompt's text.")]
    [InlineData("""{"key": 7, "response": "x"}""", "line 2, key: No prompt has the key 7.")]
    [InlineData("""{"prompt": "other", "response": "x"}""", "line 2, prompt: No prompt has this text.")]
    [InlineData("""{"key": 1}""", "line 2, response: Must be a string.")]
    [InlineData("""{"key": 1, "response": null}""", "line 2, response: Must be a string.")]
    [InlineData("""{"key": 1, "response": "again"}""", "line 2, key: Line 1 already answers prompt 1; remove one.")]
    public void A_response_that_answers_nothing_is_named_with_line_and_field(string line, string error) =>
        Responses(Read(Good).Prompts, """{"key": 1, "response": "x"}""", line).Errors.ShouldHaveSingleItem().ToString().ShouldBe(error);

    private static IfevalFile Read(params string[] lines) => IfevalPrompts.Read(new StringReader(string.Join('\n', lines)));

    private static IfevalResponses Responses(IReadOnlyList<IfevalPrompt> prompts, params string[] lines) =>
        IfevalResponses.Read(new StringReader(string.Join('\n', lines)), prompts);
}
