namespace SPaR.Torch.Training;

/// <summary>The best evaluation so far, counted as Transformers' <c>EarlyStoppingCallback</c> does.</summary>
/// <param name="Step">After which it was made.</param>
/// <param name="Metric">Its value of <see cref="TrainingOptions.MetricForBestModel"/>.</param>
/// <param name="WithoutImprovement">Evaluations in a row, up to the last one, that did not improve by more than the threshold.</param>
internal sealed record BestEvaluation(long Step, double Metric, int WithoutImprovement)
{
    /// <param name="before">Null for the first evaluation.</param>
    public static BestEvaluation After(BestEvaluation? before, long step, double metric, bool greaterIsBetter, double threshold)
    {
        if (before is null)
            return new(step, metric, 0);
        var gain = greaterIsBetter ? metric - before.Metric : before.Metric - metric;
        var best = gain > 0 ? new BestEvaluation(step, metric, 0) : before;
        return best with { WithoutImprovement = gain > threshold ? 0 : before.WithoutImprovement + 1 };
    }
}
