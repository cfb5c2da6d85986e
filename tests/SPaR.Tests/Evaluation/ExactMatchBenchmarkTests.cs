using System.Text.Json;
using SPaR.Evaluation.Benchmarks;
using SPaR.Evaluation.Statistics;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using static SPaR.Tests.Items;

namespace SPaR.Tests.Evaluation;

public sealed class ExactMatchBenchmarkCompliance : BenchmarkCompliance
{
    protected override IBenchmark Create() => new ExactMatchBenchmark();

    private protected override ScriptedEngine Engine()
    {
        var engine = new ScriptedEngine();
        engine.WhenSampling("3 times 12 is 36.");
        return engine;
    }
}

public sealed class ExactMatchBenchmarkTests
{
    [Theory]
    [InlineData("The Beatles!", "beatles", "whole", true)]
    [InlineData("  a   Rolling-Stone ", "rollingstone", "whole", true)]
    [InlineData("$1,234.50", "1234.5", "whole", true)]
    [InlineData("-7", "7", "whole", false)]
    [InlineData("3.5", "35", "whole", false)]
    [InlineData("So 5 and 7 make 12.", "12", "last-number", true)]
    [InlineData("It costs $1,200 in all.", "1200.00", "last-number", true)]
    [InlineData("It fell from 3 to -4", "-4", "last-number", true)]
    [InlineData("None that I know", "4", "last-number", false)]
    [InlineData("5 * 3 = 15\n#### 15", "He has 5 * 3 = <<5*3=15>>15.\n#### 15", "after-####", true)]
    [InlineData("The answer is 15", "#### 15", "after-####", false)]
    public async Task Answers_are_equal_when_their_forms_are(string answer, string right, string extract, bool equal)
    {
        var result = await MeasureAsync(answer, new { question = "?", answer = right, extract });

        result.Tallies.ShouldBe([new("exact_match", equal ? 1 : 0)]);
        result.Text.ShouldBe(answer.Trim());
    }

    [Fact]
    public async Task Any_of_several_answers_is_right() =>
        (await MeasureAsync("NYC", new { question = "?", answers = new[] { "New York", "nyc" } })).Tallies[0].Hits.ShouldBe(1);

    [Fact]
    public async Task Shots_are_turns_before_the_question()
    {
        var engine = new ScriptedEngine();
        var shots = new[] { new { question = "1+1?", answer = "2" } };
        await MeasureAsync("4", new { question = "2+2?", answer = "4", shots }, engine);

        engine.Requests.Single().Conversation.Turns.Select(t => $"{t.Role} {t.Content}")
            .ShouldBe(["User 1+1?", "Assistant 2", "User 2+2?"]);
    }

    [Fact]
    public void Faults_are_named_with_their_place()
    {
        var errors = new List<FieldError>();
        var line = """
            { "question": "?", "answer": "1", "answers": ["2"], "extract": "first", "shots": [{ "question": "?", "reply": "2" }] }
            """;
        new ExactMatchBenchmark().Read(JsonDocument.Parse(line).RootElement, Place.Line(9), errors).ShouldBeEmpty();

        errors.Select(e => e.Field).ShouldBe(
            ["line 9: answer", "line 9: shots[0].answer", "line 9: shots[0].reply", "line 9: extract"]);
    }

    private static async Task<ItemResult> MeasureAsync(string answer, object line, ScriptedEngine? engine = null)
    {
        engine ??= new();
        engine.WhenSampling(answer);
        var (benchmark, errors) = (new ExactMatchBenchmark(), new List<FieldError>());
        var items = benchmark.Read(JsonSerializer.SerializeToElement(line), Place.Line(1), errors);
        errors.ShouldBeEmpty();
        return await benchmark.RunAsync(items[0], new("evl_1", 0, 1, new(engine, engine, engine), Plain, Decoding.Greedy), default);
    }
}
