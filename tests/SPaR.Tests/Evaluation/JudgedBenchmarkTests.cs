using System.Text.Json;
using SPaR.Evaluation.Benchmarks;
using SPaR.Evaluation.Statistics;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using static SPaR.Tests.Items;

namespace SPaR.Tests.Evaluation;

public sealed class JudgedBenchmarkCompliance : BenchmarkCompliance
{
    protected override IBenchmark Create() => new JudgedBenchmark();

    private protected override ScriptedEngine Engine() => JudgedBenchmarkTests.Engine(_ => "Final judgement: Yes");
}

public sealed class JudgedBenchmarkTests
{
    private const string Line = """
        { "prompt": "Write {constraint} lines.", "level": 2, "constraints": ["Two lines.", "No comma."], "group": "format" }
        """;

    [Theory]
    [InlineData("Yes", "Yes", 1, 2)]
    [InlineData("Yes", "No", 0, 1)]
    [InlineData("hm", "No", 0, 0)]
    public async Task Constraints_are_counted_all_together_and_each_by_itself(string first, string second, double hard, double satisfied)
    {
        var result = await MeasureAsync(Engine(r => $"Final judgement: {(r.Purpose == "constraint 0" ? first : second)}"), Plain);

        result.Tallies.ShouldBe(
        [
            new("hard_satisfaction_rate", hard, Group: "level-2"),
            new("soft_satisfaction_rate", satisfied / 2, Group: "level-2"),
            new("constraint_satisfaction_rate", satisfied, 2, "format"),
        ]);
        (result.Text, result.Generations, result.Judged).ShouldBe(("an answer", 1, 1));
    }

    [Fact]
    public async Task A_constraint_is_decided_by_the_majority_of_the_recipes_votes()
    {
        var vote = 0;
        var engine = Engine(_ => vote++ % 5 < 2 ? "Fine. Final judgement: Yes" : "Bad. Final judgement: No");
        var result = await MeasureAsync(engine, Plain with { Judge = new() { Votes = 5, Temperature = 0.3 } });

        result.Tallies[2].Hits.ShouldBe(0);
        var asked = engine.Requests.Where(r => r.Purpose.StartsWith("constraint", StringComparison.Ordinal)).ToList();
        asked.ShouldAllBe(r => r.Seeds.Length == 5 && r.Sampling.Temperature == 0.3);
        asked.SelectMany(r => r.Seeds).ShouldBeUnique();
        var check = result.Detail!.Value.GetProperty("constraints")[0];
        check.GetProperty("label").GetString().ShouldBe("bad");
        check.GetProperty("value").GetDouble().ShouldBe(0.4);
        check.GetProperty("critique").GetString().ShouldStartWith("Bad.");
    }

    [Fact]
    public async Task The_judge_sees_one_constraint_and_what_is_filled_in_is_not_searched_again()
    {
        var engine = Engine(_ => "Final judgement: Yes");
        var result = await MeasureAsync(engine, Plain);

        var prompt = engine.Requests.Single(r => r.Purpose == "constraint 1").Conversation.Turns.Single().Content;
        prompt.ShouldContain("[Instruction]\nWrite {constraint} lines.\n");
        prompt.ShouldContain("[Response]\nan answer\n");
        prompt.ShouldContain("[Requirement]\nNo comma.\n");
        prompt.ShouldNotContain("Two lines.");
        result.Detail!.Value.GetProperty("prompt_hash").GetString()!.Length.ShouldBe(64);
        result.Detail!.Value.GetProperty("judge").GetString().ShouldBe(engine.File.Sha256);
    }

    /// <param name="verdict">Of each vote on a constraint.</param>
    internal static ScriptedEngine Engine(Func<GenerationRequest, string> verdict)
    {
        var engine = new ScriptedEngine
        {
            Reply = r => r.Purpose.StartsWith("constraint ", StringComparison.Ordinal) ? [.. r.Seeds.Select(_ => verdict(r))] : null,
        };
        engine.WhenSampling("an answer");
        return engine;
    }

    private static Task<ItemResult> MeasureAsync(ScriptedEngine engine, Recipe recipe)
    {
        var benchmark = new JudgedBenchmark();
        var item = benchmark.Read(JsonDocument.Parse(Line).RootElement, Place.Line(1), []).ShouldHaveSingleItem();
        return benchmark.RunAsync(item, new("evl_1", 0, 1, new(engine, engine, engine), recipe, Decoding.Greedy), default);
    }
}
