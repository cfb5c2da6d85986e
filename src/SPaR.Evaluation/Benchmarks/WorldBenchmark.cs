using System.Text.Json;
using SPaR.Evaluation.Statistics;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Method.Judging;
using SPaR.Method.Recipes;
using SPaR.Method.Refinement;

namespace SPaR.Evaluation.Benchmarks;

/// <summary>Measures models on a world that a program can verify: how often the actor follows the instruction, how often the judge is
/// right, and how often a single refinement and the whole search succeed. Uses the stages and prompts of a run; only the verifier is its
/// own.</summary>
/// <remarks>The actor answers held-out instructions by sampling, greedily, and by any other decoding that is set (<c>answer_accuracy</c>).
/// A tie or an unreadable judgement is wrong, and not a yes. The search starts as in a run: from a bad answer that the judge calls bad,
/// with the judge's own critique. If the judge does not call it bad, the search counts as failed.</remarks>
public sealed class WorldBenchmark(IVerifiableWorld world) : IBenchmark
{
    private const int HeldOut = 500, Probes = 200;

    private const double SingleRefinementTemperature = 0.7;

    private readonly Lazy<IReadOnlyList<BenchmarkItem>> _own = new(() => OwnOf(world));

    public string Name => world.Name;

    public string Description =>
        "How often the actor follows held-out instructions of a world that a program verifies (actor_accuracy sampled at temperature 1, "
        + "actor_accuracy_greedy, and answer_accuracy by a decoding that judges or searches), how often the judge is right about drafts "
        + "with and without mistakes (judge_accuracy, judge_f1), and how often bad drafts are refined into good ones "
        + "(single_refinement_success by one refinement after a correct critique, search_success by the recipe's search).";

    public BenchmarkNeeds Needs => BenchmarkNeeds.Answers | BenchmarkNeeds.Judge | BenchmarkNeeds.Refiner;

    public IReadOnlyList<BenchmarkItem>? Own => _own.Value;

    /// <summary>Whether the item probes the judge and the refiner; otherwise it is an instruction for the actor.</summary>
    public static bool IsProbe(BenchmarkItem item) => item.Body.TryGetProperty("probe", out _);

    public IReadOnlyList<BenchmarkItem> Read(JsonElement json, Place place, List<FieldError> errors) =>
        throw new InvalidOperationException($"The benchmark {Name} has its own items; use Own.");

    public Task<ItemResult> RunAsync(BenchmarkItem item, Measuring measuring, CancellationToken cancellationToken)
    {
        var body = item.Body.Deserialize<WorldItem>(ItemJson.Options)!;
        // Instructions and probes are each counted from 0: a seed derives from the position within its kind.
        var placed = measuring with { Ordinal = body.Index, Seed = (long)Seed.Derive(measuring.Seed, "evaluate", Name) };
        return body.Probe is { } probe ? ProbeAsync(probe, placed, cancellationToken) : AnswerAsync(body.Prompt, placed, cancellationToken);
    }

    /// <summary>Both kinds evenly mixed, so that an evaluation with a limit measures every role.</summary>
    private static IReadOnlyList<BenchmarkItem> OwnOf(IVerifiableWorld world) =>
    [
        .. Enumerable.Concat(
            world.HeldOut(HeldOut).Select((prompt, i) => (At: (i + 0.5) / HeldOut, Item: Item($"instruction-{i}", new(i, prompt, null)))),
            world.Probes(Probes).Select((probe, i) => (At: (i + 0.5) / Probes, Item: Item($"probe-{i}", new(i, probe.Prompt, probe)))))
            .OrderBy(placed => placed.At).Select(placed => placed.Item),
    ];

    private static BenchmarkItem Item(string key, WorldItem body) => new(key, JsonSerializer.SerializeToElement(body, ItemJson.Options));

    private async Task<ItemResult> AnswerAsync(string prompt, Measuring measuring, CancellationToken cancellationToken)
    {
        var unfiltered = measuring.Recipe.Sample with { Temperature = 1, TopP = 1, TopK = 0, MinP = 0, RepetitionPenalty = 1 };
        var plain = measuring with { Recipe = measuring.Recipe with { Sample = unfiltered } };
        var drawn = await AskAsync(plain with { Decoding = Decoding.Sample });
        var greedy = await AskAsync(plain with { Decoding = Decoding.Greedy });
        var asked = measuring.Decoding is Decoding.Greedy or Decoding.Sample ? null : await AskAsync(measuring);
        List<Tally> tallies = [Hit("actor_accuracy", drawn), Hit("actor_accuracy_greedy", greedy)];
        if (asked is not null)
            tallies.Add(Hit("answer_accuracy", asked));
        var shown = asked ?? (measuring.Decoding == Decoding.Greedy ? greedy : drawn);
        Answered[] all = asked is null ? [drawn, greedy] : [drawn, greedy, asked];
        return new()
        {
            Tallies = [.. tallies],
            Text = shown.Text,
            Reasoning = shown.Reasoning,
            Detail = ItemJson.Of(new { drawn = drawn.Text, greedy = greedy.Text }),
            Usage = all.Aggregate(default(TokenUsage), (sum, a) => sum + a.Usage),
            Generations = all.Sum(a => a.Generations),
            Judged = all.Sum(a => a.Judged),
        };

        Task<Answered> AskAsync(Measuring how) => Answering.AskAsync(how, [new("user", prompt)], cancellationToken);

        Tally Hit(string measure, Answered answer) => new(measure, world.Satisfies(prompt, answer.Text) ? 1 : 0);
    }

    private async Task<ItemResult> ProbeAsync(Probe probe, Measuring measuring, CancellationToken cancellationToken)
    {
        var counts = new CountingJournal();
        var item = measuring.ItemRun([new("user", probe.Prompt)], counts);
        using var prefixes = item.Prefixes;
        var judged = (await JudgeStage.RunAsync(item, [GivenAnswer.Of(item, probe.Answer)], cancellationToken))[0];
        var yes = judged.Judgement.Label == Label.Good;
        List<Tally> tallies =
        [
            new("judge_accuracy", judged.Judgement.Label == (probe.Satisfies ? Label.Good : Label.Bad) ? 1 : 0),
            Tally.F1("judge_f1", yes, probe.Satisfies),
        ];
        var (refined, found) = ((string?)null, (string?)null);
        if (!probe.Satisfies)
        {
            found = judged.Judgement.Label == Label.Bad ? (await RefineStage.RunAsync(item, judged, cancellationToken)).Final?.Text : null;
            (refined, var cost) = await RefineOnceAsync(item, probe, cancellationToken);
            await item.Journal.SaveAsync([], cost, cancellationToken);
            tallies.Add(Hit("single_refinement_success", refined));
            tallies.Add(Hit("search_success", found));
        }

        return new()
        {
            Tallies = [.. tallies],
            Detail = ItemJson.Of(new { judged.Judgement.Label, judged.Judgement.Value, refined, found }),
            Usage = counts.Usage,
            Generations = counts.Generations + (probe.Satisfies ? 0 : 1),
            Judged = counts.Judged,
        };

        Tally Hit(string measure, string? answer) => new(measure, answer is not null && world.Satisfies(probe.Prompt, answer) ? 1 : 0);
    }

    /// <summary>Asks once for one refinement, after the correct critique.</summary>
    /// <returns>Null when the reply is unreadable.</returns>
    private static async Task<(string? Text, TokenUsage Usage)> RefineOnceAsync(
        ItemRun item, Probe probe, CancellationToken cancellationToken)
    {
        var refine = item.Recipe.Refine with { Attempts = 1, Temperature = SingleRefinementTemperature };
        item = item with { Recipe = item.Recipe with { Refine = refine } };
        var judged = new JudgedAnswer(GivenAnswer.Of(item, probe.Answer), CorrectJudgement(item, probe));
        var root = new TreeNode(RefineStage.RootRow(item, judged), judged.Judgement, null);
        var refinements = await new RefinementRequester(item).RequestAsync(root, [new(root, 0)], cancellationToken);
        return (refinements.Nodes[0] is { Outcome: NodeOutcome.Refined } refined ? refined.Text : null, refinements.Usage);
    }

    /// <summary>A judgement whose only vote is the probe's critique.</summary>
    private static Judgement CorrectJudgement(ItemRun item, Probe probe)
    {
        var judge = JudgePrompt.Conversation(item.Recipe.Prompts, item.Prompt, probe.Answer);
        var tokens = item.Models.Refiner.EncodeAnswer(judge, probe.Critique).Content;
        return new()
        {
            RunId = item.Key.RunId,
            Round = item.Key.Round,
            InstructionId = item.Key.InstructionId,
            Subject = "a0",
            Attempt = 0,
            Votes = [new(Verdict.No, probe.Critique, tokens, Truncated: false, Seed: 0)],
            Label = Label.Bad,
            Value = 0,
            Critique = 0,
            ModelHash = item.Models.Refiner.File.Hash,
            PromptHash = PromptHash.Of(item.Recipe.Prompts),
        };
    }

    private sealed record WorldItem(int Index, string Prompt, Probe? Probe);
}
