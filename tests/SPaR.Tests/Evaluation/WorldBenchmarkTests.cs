using SPaR.Evaluation;
using SPaR.Runs;
using static SPaR.Tests.Items;

namespace SPaR.Tests.Evaluation;

public sealed class WorldBenchmarkCompliance : BenchmarkCompliance
{
    protected override IBenchmark Create() => new WorldBenchmark(new ScriptedWorld());

    private protected override ScriptedEngine Engine() => ScriptedWorld.Engine();
}

public sealed class WorldBenchmarkTests
{
    [Fact]
    public async Task Every_figure_is_the_exact_share()
    {
        var measures = await MeasureAsync(ScriptedWorld.Engine());

        measures.Keys.ShouldBe(
        [
            "actor_accuracy", "actor_accuracy_greedy", "judge_accuracy", "judge_f1", "single_refinement_success", "search_success",
        ]);
        measures["actor_accuracy"].ShouldBe(Measure.Share(125, 500));
        measures["actor_accuracy_greedy"].ShouldBe(Measure.Share(125, 500));
        measures["judge_accuracy"].ShouldBe(Measure.Share(150, 200));
        measures["judge_f1"].ShouldBe(Measure.F1(60, 110));
        measures["single_refinement_success"].ShouldBe(Measure.Share(55, 110));
        // The 20 bad ones that the judge takes for good are not searched and count as failed.
        measures["search_success"].ShouldBe(Measure.Share(45, 110));
    }

    [Fact]
    public async Task A_judge_that_cannot_be_read_is_wrong_and_has_not_said_yes()
    {
        var engine = ScriptedWorld.Engine();
        engine.JudgeBy((_, _) => Hm);
        var measures = await MeasureAsync(engine);

        measures["judge_accuracy"].ShouldBe(Measure.Share(0, 200));
        measures["judge_f1"].ShouldBe(Measure.F1(0, 90));
        measures["search_success"].ShouldBe(Measure.Share(0, 110));
    }

    [Fact]
    public async Task An_answer_is_drawn_at_temperature_one_and_once_greedily()
    {
        var engine = ScriptedWorld.Engine();
        await MeasureAsync(engine);

        var samples = engine.Requests.Where(r => r.Purpose == "sample").ToList();
        samples.Count(r => r.Sampling is { Temperature: 1, TopP: 1, MaxTokens: 2048 }).ShouldBe(500);
        samples.Count(r => r.Sampling is { Temperature: 0 }).ShouldBe(500);
        samples.ShouldAllBe(r => r.Seeds.Length == 1);
    }

    [Fact]
    public async Task A_single_mending_follows_the_right_critique_and_a_search_the_judges_own()
    {
        var engine = ScriptedWorld.Engine();
        await MeasureAsync(engine);

        var first = engine.Requests.Where(r => r.Purpose == "refine r.0 #0").ToList();
        first.Count.ShouldBe(110);
        first.ShouldAllBe(r => r.Conversation.Turns[3].Content == "right critique No" && r.Sampling.Temperature == 0.7);
        first.ShouldAllBe(r => r.Conversation.Turns[3].Tokens != null);
        var searched = engine.Requests.Where(r => r.Purpose == "refine r.0,r.1,r.2 #0").ToList();
        searched.Count.ShouldBe(90);
        searched.ShouldAllBe(r => r.Conversation.Turns[3].Content.Contains("seen with", StringComparison.Ordinal));
    }

    private static Task<IReadOnlyDictionary<string, Measure>> MeasureAsync(ScriptedEngine engine) =>
        new WorldBenchmark(new ScriptedWorld()).RunAsync(new Players(engine, engine, engine), Plain, 1, CancellationToken.None);
}
