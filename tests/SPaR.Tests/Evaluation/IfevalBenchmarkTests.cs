using System.Text.Json;
using SPaR.Evaluation.Benchmarks;
using SPaR.Evaluation.Statistics;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using static SPaR.Tests.Items;

namespace SPaR.Tests.Evaluation;

public sealed class IfevalBenchmarkCompliance : BenchmarkCompliance
{
    protected override IBenchmark Create() => new IfevalBenchmark();

    private protected override ScriptedEngine Engine()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("red green blue");
        return engine;
    }
}

public sealed class IfevalBenchmarkTests
{
    private const string Line = """
        {
          "key": 1000, "prompt": "Say it without commas, in quotation marks.",
          "instruction_id_list": ["punctuation:no_comma", "startend:quotation"], "kwargs": [{}, {}]
        }
        """;

    [Fact]
    public async Task Verdicts_are_tallied_by_prompt_and_by_type_of_instruction()
    {
        var result = await MeasureAsync("red green");

        result.Text.ShouldBe("red green");
        result.Tallies.ShouldBe(
        [
            new("prompt_level_strict_acc", 0), new("prompt_level_loose_acc", 0),
            new("inst_level_strict_acc", 1, Group: "punctuation:no_comma"), new("inst_level_strict_acc", 0, Group: "startend:quotation"),
            new("inst_level_loose_acc", 1, Group: "punctuation:no_comma"), new("inst_level_loose_acc", 0, Group: "startend:quotation"),
        ]);
        result.Detail!.Value.GetProperty("instructions")[1].GetProperty("strict").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task The_loose_reading_ignores_what_surrounds_an_answer()
    {
        var result = await MeasureAsync("Sure, here you are:\n\"red green\"");

        result.Tallies.Where(t => t.Measure.StartsWith("prompt", StringComparison.Ordinal)).Select(t => t.Hits).ShouldBe([0, 1]);
    }

    [Theory]
    [InlineData("\"kwargs\": [{}, {}]", "\"kwargs\": [{}]", "line 3: kwargs")]
    [InlineData("startend:quotation", "startend:quotes", "line 3: instruction_id_list[1]")]
    [InlineData("[{}, {}]", "[{}, {\"num_words\": 3}]", "line 3: kwargs[1].num_words")]
    [InlineData("\"key\": 1000, ", "", "line 3: key")]
    public void What_is_wrong_with_a_line_is_named_by_its_own_field(string part, string instead, string field)
    {
        var errors = new List<FieldError>();
        var line = JsonDocument.Parse(Line.Replace(part, instead, StringComparison.Ordinal)).RootElement;
        new IfevalBenchmark().Read(line, Place.Line(3), errors).ShouldBeEmpty();

        errors.ShouldContain(e => e.Field == field);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task The_whole_reply_is_scored_on_request_as_the_reference_does(bool remove, double followed)
    {
        var result = await MeasureAsync("<think>one, two</think>\n\n\"one two\"", new() { Remove = remove });

        result.Tallies[0].Hits.ShouldBe(followed);
        result.Reasoning.ShouldBe(remove ? "one, two" : null);
    }

    private static async Task<ItemResult> MeasureAsync(string answer, ReasoningOptions? reasoning = null)
    {
        var engine = new ScriptedEngine { Reasoning = new("<think>", "</think>") };
        engine.WhenSampling(answer);
        var benchmark = new IfevalBenchmark();
        var item = benchmark.Read(JsonDocument.Parse(Line).RootElement, Place.Line(3), []).ShouldHaveSingleItem();
        item.Key.ShouldBe("1000");
        var recipe = Plain with { Reasoning = reasoning ?? new() };
        return await benchmark.RunAsync(item, new("evl_1", 0, 1, new(engine), recipe, Decoding.Greedy), default);
    }
}
