using System.Collections.Immutable;

namespace SPaR.Torch.Training;

/// <summary>The largest pass of a training: what one thread gets of a micro-batch.</summary>
/// <param name="Passes">How many run at once, in a thread each.</param>
/// <param name="Rows">At most.</param>
/// <param name="Tokens">Of the longest row.</param>
/// <param name="Targets">Tokens to predict in all rows, at most.</param>
/// <param name="Packed">Whether rows have several completions, so that each has a mask of its own.</param>
internal readonly record struct TrainingShape(long Passes, long Rows, long Tokens, long Targets, bool Packed)
{
    /// <summary>If a row is as long as the options allow.</summary>
    /// <param name="answerTokens">The most that an answer has.</param>
    /// <param name="pairs">Whether a row has two answers to one prompt.</param>
    public static TrainingShape Longest(TrainingOptions options, int threads, int answerTokens, bool pairs)
    {
        var answer = Math.Min(answerTokens, options.MaxLength - 1);
        var together = Math.Min(options.MicroBatchSize, options.BatchSize);
        var share = (together + threads - 1) / threads;
        var sides = pairs ? 2 : 1;
        return new(
            Math.Min(threads, together), share, options.MaxLength + (sides - 1) * (long)answer, share * (long)sides * answer, pairs);
    }

    /// <summary>Of an evaluation, whose passes are not limited by a batch.</summary>
    /// <returns>Null if there are no held-out rows that are short enough.</returns>
    public static TrainingShape? OfEvaluation(ImmutableArray<Example> heldOut, TrainingOptions options, int threads) =>
        Of(heldOut, options with { BatchSize = options.MicroBatchSize }, threads);

    /// <param name="threads">That share a micro-batch.</param>
    /// <returns>Null if no row is short enough for max_length.</returns>
    public static TrainingShape? Of(ImmutableArray<Example> rows, TrainingOptions options, int threads)
    {
        var used = rows.Where(r => r.Length <= options.MaxLength).ToArray();
        if (used.Length == 0)
            return null;
        var together = Math.Min(Math.Min(options.MicroBatchSize, options.BatchSize), used.Length);
        var share = (together + threads - 1) / threads;
        var targets = used.Max(r => r.Sides.Sum(s => s.TargetCount));
        return new(Math.Min(threads, together), share, used.Max(r => r.Tokens), share * targets, used.Any(r => r.Sides.Length > 1));
    }
}
