using SPaR.Method.Examples;
using SPaR.Method.Items;
using SPaR.Method.Judging;
using SPaR.Method.Pairs;
using SPaR.Method.Recipes;
using SPaR.Method.Refinement;
using SPaR.Method.Sampling;
using SPaR.Method.Tracing;

namespace SPaR.Method;

/// <summary>Start here: the method for one instruction, from sample to pair (arXiv 2412.11605, figure 2). Knows the order of the
/// steps; each step is a folder of this project. <see cref="RoundPlan"/> is the rest of the method on one page: train the actor on the
/// pairs, train the refiner, evaluate, and repeat with the new models.</summary>
public static class SelfPlay
{
    /// <summary>Runs one item to its end. To resume it, run it again: a step skips the rows that it finds, and seeds derive from
    /// position, so the same rows are written.</summary>
    /// <remarks>A prompt that does not fit the context ends the item. Any other exception of an engine leaves the item open.</remarks>
    /// <exception cref="LeaseLostException">Another worker has the item now.</exception>
    /// <exception cref="OperationCanceledException">The run of the item was cancelled; the rows written so far are kept.</exception>
    public static async Task RunAsync(ItemRun item, CancellationToken cancellationToken)
    {
        using var span = MethodTrace.StartInstruction(item);
        try
        {
            var end = await SampleJudgeAndPairAsync(item, cancellationToken);
            await item.Journal.FinishAsync(end, cancellationToken);
            MethodTrace.End(span, end);
        }
        catch (Exception error)
        {
            span.Fail(error);
            throw;
        }
    }

    /// <summary>Tries the judge before a run starts: a few instructions, one answer each, and how many votes are readable.</summary>
    /// <param name="prompts">At most the first 4 are used.</param>
    public static Task<Preflight> PreflightAsync(
        IReadOnlyList<IReadOnlyList<ChatMessage>> prompts,
        long runSeed,
        Recipe recipe,
        RunModels models,
        CancellationToken cancellationToken) => PreflightCheck.RunAsync(prompts, runSeed, recipe, models, cancellationToken);

    private static async Task<ItemEnd> SampleJudgeAndPairAsync(ItemRun item, CancellationToken cancellationToken)
    {
        using var prefixes = item.Prefixes;
        var step = "sample";
        try
        {
            var answers = await SampleStage.RunAsync(item, cancellationToken);
            step = "judge";
            var judged = await JudgeStage.RunAsync(item, answers, cancellationToken);
            if (judged.Count == 0)
                return End(new() { IsUnanswered = true }, []);
            return await RefineAndPairAsync(item, judged, cancellationToken);
        }
        catch (PromptTooLongException)
        {
            return End(new() { TooLongAt = step }, []);
        }
    }

    private static async Task<ItemEnd> RefineAndPairAsync(
        ItemRun item, IReadOnlyList<JudgedAnswer> judged, CancellationToken cancellationToken)
    {
        var facts = new ItemFacts { FirstLabels = [.. judged.Select(j => j.Judgement.Label)] };
        List<IItemRow> examples = [.. RefinerExamples.FromFirstJudging(item, judged)];

        if (RootChoice.Choose(item, judged) is not { } bad)
            return End(facts, examples);
        item.Prefixes.ReleaseAllBut(bad.Subject);

        if (item.Recipe.Pair.Source == PairSource.Independent)
        {
            return IndependentPairs.Build(item, judged, bad) is { } independent
                ? End(facts with { HasPair = true }, [independent, .. examples])
                : End(facts, examples);
        }

        var search = await RefineStage.RunAsync(item, bad, cancellationToken);
        using var span = MethodTrace.Start("pair");
        var (pair, failure) = PairBuilder.Build(item, search);
        examples.AddRange(RefinerExamples.FromSearch(item, search, accepted: pair is not null));
        return pair is not null
            ? End(facts with { HasPair = true }, [pair, .. examples])
            : End(facts with { SearchFailure = failure }, examples);
    }

    private static ItemEnd End(ItemFacts facts, IReadOnlyList<IItemRow> rows)
    {
        var (state, detail) = ItemOutcome.Of(facts);
        return new(state, detail, rows);
    }
}
