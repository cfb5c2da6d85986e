using System.Text.Json;
using SPaR.Evaluation.Benchmarks;
using SPaR.Evaluation.Statistics;
using SPaR.Method.Input;
using SPaR.Method.Recipes;
using SPaR.MicroWorld;
using Spectre.Console;

namespace SPaR.Benchmarks.Method;

/// <summary>Compares the ways to judge, with one model, one seed and the same drafts: how often they are right and agree with the full
/// vote, what they cost, and how well a search that relies on them does.</summary>
internal sealed class JudgingBenchmark(MicroModels micro, long seed)
{
    private readonly VerifiableMicroWorld _world = new();

    public async Task<IMethodReport> RunAsync(int probes)
    {
        var judge = micro.Recipe.Judge;
        (string Name, JudgeOptions Options)[] ways =
        [
            ("votes", judge),
            ("early_stop", judge with { EarlyStop = true }),
            ("logit", judge with { Judging = JudgingMode.Logit }),
            ("votes+verifier", judge with { Judging = JudgingMode.VotesAndVerifier }),
        ];
        var arms = new List<JudgingArm>();
        IReadOnlyList<string>? full = null;
        foreach (var (name, options) in ways)
        {
            await Console.Error.WriteLineAsync($"measuring {name}");
            var (arm, labels) = await MeasureAsync(name, micro.Recipe with { Judge = options }, probes, full);
            full ??= labels;
            arms.Add(arm);
        }

        return new JudgingReport(probes, seed, judge.Votes, arms);
    }

    /// <param name="full">The labels of the full vote; null when the full vote itself is measured.</param>
    private async Task<(JudgingArm Arm, IReadOnlyList<string> Labels)> MeasureAsync(
        string name, Recipe recipe, int probes, IReadOnlyList<string>? full)
    {
        var agreement = new JudgeAgreementBenchmark();
        var cases = _world.Probes(probes).Select((probe, i) => agreement.Read(
            JsonSerializer.SerializeToElement(new { instruction = probe.Prompt, answer = probe.Answer, label = probe.Satisfies }),
            Place.Element(i, "probes"), []).Single());
        var judged = await EvaluateAsync(agreement, [.. cases], recipe);
        var labels = judged.Select(r => r.Detail!.Value.GetProperty("label").GetString()!).ToList();
        var searching = new WorldBenchmark(_world);
        var searched = await EvaluateAsync(searching, [.. searching.Own!.Where(WorldBenchmark.IsProbe).Take(probes)], recipe);
        var measures = EvaluationMetrics.Of(agreement, judged).Measures;
        return (new(
            name, Measure.Share(labels.Zip(full ?? labels).Count(l => l.First == l.Second), labels.Count), measures["accuracy"],
            measures["f1"], measures["brier_score"], measures["expected_calibration_error"], measures["tokens_per_judgement"],
            Measures.Of(searched)["search_success"],
            searched.Aggregate(default(TokenUsage), (sum, r) => sum + r.Usage).Generated), labels);
    }

    private Task<IReadOnlyList<ItemResult>> EvaluateAsync(IBenchmark benchmark, IReadOnlyList<BenchmarkItem> items, Recipe recipe) =>
        UnstoredEvaluation.RunAsync(
            benchmark, items, micro.Models, recipe, Decoding.Greedy, seed, CancellationToken.None, prompt => new MicroVerifier(prompt));
}

/// <param name="Agreement">Share of the drafts that get the label of the full vote.</param>
/// <param name="Tokens">Tokens generated to judge one draft, on average.</param>
/// <param name="Refinement">Share of the bad drafts that a search with this way to judge refines successfully.</param>
/// <param name="RefinementTokens">Tokens generated to judge all drafts and refine the bad ones.</param>
internal sealed record JudgingArm(
    string Judging, Measure Agreement, Measure Accuracy, Measure F1, Measure BrierScore, Measure CalibrationError, Measure Tokens,
    Measure Refinement, long RefinementTokens);

/// <param name="Votes">Number of votes of the full vote.</param>
internal sealed record JudgingReport(int Probes, long Seed, int Votes, IReadOnlyList<JudgingArm> Arms) : IMethodReport
{
    public string ToJson() => MethodReport.ToJson(this);

    public void Draw(IAnsiConsole console)
    {
        var table = MethodReport.Table(
            "judging", "as the\nfull vote", "\nright", "\ntokens", "\nrefined", "tokens\nin all");
        foreach (var arm in Arms)
            table.AddRow(
                arm.Judging, MethodReport.Text(arm.Agreement), MethodReport.Text(arm.Accuracy), MethodReport.Text(arm.Tokens.Mean),
                MethodReport.Text(arm.Refinement), $"{arm.RefinementTokens}");
        console.Write(table);
        console.WriteLine($"votes is the full vote of {Votes}; below each share is its 95 % interval; F1 and Brier score: --json");
    }
}
