using SPaR.Evaluation.Benchmarks;
using SPaR.Evaluation.Statistics;
using SPaR.Method.Items;
using SPaR.Method.Recipes;
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
    public async Task Every_measure_is_the_exact_share()
    {
        var measures = await MeasureAsync(ScriptedWorld.Engine());

        measures.Keys.ShouldBe(
        [
            "actor_accuracy", "actor_accuracy_greedy", "judge_accuracy", "judge_f1", "single_refinement_success", "search_success",
        ]);
        measures["actor_accuracy"].ShouldBe(Measure.Share(125, 500));
        measures["actor_accuracy_greedy"].ShouldBe(Measure.Share(125, 500));
        measures["judge_accuracy"].ShouldBe(Measure.Share(150, 200));
        // 60 true positives, 20 false positives, 30 false negatives: precision 3/4, recall 2/3.
        measures["judge_f1"].Mean.ShouldBe(2 * 0.75 * (2.0 / 3) / (0.75 + 2.0 / 3), 1e-12);
        measures["judge_f1"].Count.ShouldBe(110);
        measures["single_refinement_success"].ShouldBe(Measure.Share(55, 110));
        // The 20 bad probes that the judge calls good are not searched and count as failed.
        measures["search_success"].ShouldBe(Measure.Share(45, 110));
    }

    [Fact]
    public void The_first_items_mix_instructions_and_probes_as_all_items_do()
    {
        var items = new WorldBenchmark(new ScriptedWorld()).Own!;

        items.Count(WorldBenchmark.IsProbe).ShouldBe(200);
        for (var limit = 7; limit <= items.Count; limit += 7)
            items.Take(limit).Count(WorldBenchmark.IsProbe).ShouldBe(limit * 2 / 7);
    }

    [Fact]
    public async Task A_judge_that_cannot_be_read_is_wrong_and_has_not_said_yes()
    {
        var engine = ScriptedWorld.Engine();
        engine.JudgeBy((_, _) => Hm);
        var measures = await MeasureAsync(engine);

        measures["judge_accuracy"].ShouldBe(Measure.Share(0, 200));
        measures["judge_f1"].Mean.ShouldBe(0);
        measures["search_success"].ShouldBe(Measure.Share(0, 110));
    }

    [Fact]
    public async Task An_answer_is_sampled_at_temperature_one_and_once_greedily()
    {
        var engine = ScriptedWorld.Engine();
        await MeasureAsync(engine);

        var samples = engine.Requests.Where(r => r.Purpose == "sample").ToList();
        samples.Count(r => r.Sampling is { Temperature: 1, TopP: 1, MaxTokens: 2048 }).ShouldBe(500);
        samples.Count(r => r.Sampling is { Temperature: 0 }).ShouldBe(500);
        samples.ShouldAllBe(r => r.Seeds.Length == 1);
    }

    [Fact]
    public async Task A_single_refinement_follows_the_correct_critique_and_a_search_the_judges_own()
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

    [Fact]
    public async Task Seeds_derive_from_the_position_among_instructions_and_among_probes()
    {
        // Rounds have used these seeds from the start: the same models keep the same measures.
        var engine = ScriptedWorld.Engine();
        await MeasureAsync(engine);

        var run = (long)Seed.Derive(1, "evaluate", "scripted-world");
        engine.Requests.Where(r => r.Purpose == "sample").Select(r => r.Seeds[0])
            .ShouldContain(Seed.Derive(run, 0, 499, "sample", 0), "the last instruction");
        engine.Requests.Where(r => r.Purpose == "judge a0").Select(r => r.Seeds[4])
            .ShouldContain(Seed.Derive(run, 0, 199, "judge", 0, 4), "the last vote on the last probe");
    }

    [Fact]
    public async Task A_decoding_that_judges_or_searches_has_a_figure_of_its_own()
    {
        var measures = await MeasureAsync(ScriptedWorld.Engine(), Decoding.BestOfN, Plain with { Sample = new() { N = 1 } });

        measures["answer_accuracy"].ShouldBe(Measure.Share(125, 500));
    }

    private static async Task<IReadOnlyDictionary<string, Measure>> MeasureAsync(
        ScriptedEngine engine, Decoding decoding = Decoding.Greedy, Recipe? recipe = null)
    {
        var benchmark = new WorldBenchmark(new ScriptedWorld());
        return Measures.Of(await UnstoredEvaluation.RunAsync(
            benchmark, benchmark.Own!, new(engine, engine, engine), recipe ?? Plain, decoding, 1, CancellationToken.None));
    }
}
