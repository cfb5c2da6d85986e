using SPaR.Abstractions;
using SPaR.Judging;
using SPaR.Refinement;
using SPaR.Runs;
using SPaR.Sampling;

namespace SPaR.Evaluation;

/// <summary>Measures players by a world that can be verified: how often the actor obeys, how often the judge is right, and how often
/// one mending and the whole search succeed. Asks with the stages and prompts of a run; only the verifier is its own.</summary>
/// <remarks>A judge that ties or cannot be read is wrong, and it has not said yes. The search begins where a run's would: at a bad
/// answer that the judge calls bad, with the judge's own critique; where the judge does not call it bad, the search counts as
/// failed.</remarks>
public sealed class WorldBenchmark(IVerifiableWorld world) : IBenchmark
{
    private const int HeldOut = 500, Probes = 200;

    private const double MendingTemperature = 0.7;

    public string Name => world.Name;

    public async Task<IReadOnlyDictionary<string, Measure>> RunAsync(
        Players players, Recipe recipe, long seed, CancellationToken stop)
    {
        var run = (long)Seed.Derive(seed, "evaluate", Name);
        Walk WalkOf(string prompt, int ordinal) =>
            new(new("evaluate", 0, $"{ordinal}"), ordinal, [new("user", prompt)], run, recipe, players, new UnstoredJournal());

        var instructions = world.HeldOut(HeldOut).Select(WalkOf).ToList();
        var trials = world.Probes(Probes).Select((probe, i) => new Trial(WalkOf(probe.Prompt, i), probe)).ToList();
        var bad = trials.Where(t => !t.Probe.Satisfies).ToList();

        var drawn = await AskAllAsync(instructions, players, (walk, s) => AnswersAsync(walk, 1, s), stop);
        var greedy = await AskAllAsync(instructions, players, (walk, s) => AnswersAsync(walk, 0, s), stop);
        var judged = await AskAllAsync(trials, players, JudgeAsync, stop);
        var mended = await AskAllAsync(bad, players, MendAsync, stop);
        var toSearch = judged.Where(j => !j.Trial.Probe.Satisfies).ToList();
        var found = await AskAllAsync(toSearch, players, SearchAsync, stop);
        return new Dictionary<string, Measure>
        {
            ["actor_accuracy"] = ShareOf(drawn),
            ["actor_accuracy_greedy"] = ShareOf(greedy),
            ["judge_accuracy"] = ShareOf([.. judged.Select(j => j.Label == (j.Trial.Probe.Satisfies ? Label.Good : Label.Bad))]),
            ["judge_f1"] = Measure.F1(
                judged.Count(j => j.Label == Label.Good && j.Trial.Probe.Satisfies),
                judged.Count(j => j.Label == Label.Good || j.Trial.Probe.Satisfies)),
            ["single_refinement_success"] = ShareOf(mended),
            ["search_success"] = ShareOf(found),
        };
    }

    private async Task<bool> AnswersAsync(Walk walk, double temperature, CancellationToken stop)
    {
        var sample = walk.Recipe.Sample with { N = 1, Temperature = temperature, TopP = 1, TopK = 0, MinP = 0, RepetitionPenalty = 1 };
        var answers = await SampleStage.RunAsync(walk with { Recipe = walk.Recipe with { Sample = sample } }, stop);
        return world.Satisfies(Prompt(walk), answers[0].Text);
    }

    private static async Task<JudgedTrial> JudgeAsync(Trial trial, CancellationToken stop)
    {
        using var trunks = trial.Walk.Trunks;
        var judged = await JudgeStage.RunAsync(trial.Walk, [AnswerOf(trial)], stop);
        return new(trial, judged[0]);
    }

    /// <summary>One mending, asked for once, after the right critique.</summary>
    private async Task<bool> MendAsync(Trial trial, CancellationToken stop)
    {
        var recipe = trial.Walk.Recipe;
        var refine = recipe.Refine with { Attempts = 1, Temperature = MendingTemperature };
        var walk = trial.Walk with { Recipe = recipe with { Refine = refine } };
        var judged = new JudgedAnswer(AnswerOf(trial), RightJudgement(trial));
        var root = new TreeNode(RefineStage.RootRow(walk, judged), judged.Judgement, null);
        var mendings = await new Mender(walk).AskAsync(root, [new(root, 0)], stop);
        return mendings.Nodes[0] is { Outcome: NodeOutcome.Refined } mended && world.Satisfies(trial.Probe.Prompt, mended.Text);
    }

    private async Task<bool> SearchAsync(JudgedTrial judged, CancellationToken stop)
    {
        if (judged.Label != Label.Bad)
            return false;
        using var trunks = judged.Trial.Walk.Trunks;
        var result = await RefineStage.RunAsync(judged.Trial.Walk, judged.Answer, stop);
        return result.Final is { } final && world.Satisfies(judged.Trial.Probe.Prompt, final.Text);
    }

    /// <summary>As if one vote had said it.</summary>
    private static Judgement RightJudgement(Trial trial)
    {
        var (walk, probe) = trial;
        var judge = JudgePrompt.Conversation(walk.Recipe.Prompts, walk.Prompt, probe.Answer);
        var tokens = walk.Players.Refiner.EncodeAnswer(judge, probe.Critique).Content;
        return new()
        {
            RunId = walk.Key.RunId,
            Round = walk.Key.Round,
            InstructionId = walk.Key.InstructionId,
            Subject = "a0",
            Attempt = 0,
            Votes = [new(Verdict.No, probe.Critique, tokens, Truncated: false, Seed: 0)],
            Label = Label.Bad,
            Value = 0,
            Critique = 0,
            ModelHash = "",
            PromptHash = PromptHash.Of(walk.Recipe.Prompts),
        };
    }

    private static Answer AnswerOf(Trial trial) => new()
    {
        RunId = trial.Walk.Key.RunId,
        Round = trial.Walk.Key.Round,
        InstructionId = trial.Walk.Key.InstructionId,
        Index = 0,
        Text = trial.Probe.Answer,
        Tokens = [],
        Truncated = false,
        Seed = 0,
        ModelHash = "",
        PromptHash = PromptHash.Of(trial.Walk.Prompt),
    };

    /// <summary>Keeps twice as many in flight as a batch holds, so that batches are full, and no more.</summary>
    private static async Task<IReadOnlyList<TResult>> AskAllAsync<TSource, TResult>(
        IReadOnlyList<TSource> sources, Players players, Func<TSource, CancellationToken, Task<TResult>> ask, CancellationToken stop)
    {
        var most = 2 * new[] { players.Actor, players.Refiner, players.Judge }.Max(model => model.Sequences);
        var results = new TResult[sources.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = most, CancellationToken = stop };
        await Parallel.ForAsync(0, sources.Count, parallel, async (i, token) => results[i] = await ask(sources[i], token));
        return results;
    }

    private static Measure ShareOf(IReadOnlyList<bool> hits) => Measure.Share(hits.Count(hit => hit), hits.Count);

    private static string Prompt(Walk walk) => walk.Prompt[0].Content;

    private sealed record Trial(Walk Walk, Probe Probe);

    private sealed record JudgedTrial(Trial Trial, JudgedAnswer Answer)
    {
        public Label Label => Answer.Judgement.Label;
    }
}
