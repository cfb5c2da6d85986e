namespace SPaR.Training;

/// <summary>Which moves a training run's status can make. Every move is made by <see cref="TrainingLifecycle"/>.</summary>
internal static class TrainingMoves
{
    // Nothing runs for one that is queued or paused, so it stops at once.
    public static bool Allows(TrainingStatus from, TrainingStatus to) => (from, to) is
        (TrainingStatus.Queued,
            TrainingStatus.Running or TrainingStatus.Paused or TrainingStatus.Cancelled or TrainingStatus.Failed)
        or (TrainingStatus.Running,
            TrainingStatus.Pausing or TrainingStatus.Cancelling or TrainingStatus.Succeeded or TrainingStatus.Failed)
        // A process that ends while it is asked to pause has trained to the end.
        or (TrainingStatus.Pausing,
            TrainingStatus.Paused or TrainingStatus.Cancelling or TrainingStatus.Succeeded or TrainingStatus.Failed)
        or (TrainingStatus.Paused, TrainingStatus.Queued or TrainingStatus.Cancelled)
        or (TrainingStatus.Failed, TrainingStatus.Queued)
        or (TrainingStatus.Cancelling, TrainingStatus.Cancelled);

    // Faults of the data or the options: the same training would fail in the same way.
    private static readonly string[] Lasting =
        ["bad-data", "no-data", "no-rows", "identical-pairs", "step-zero", "not-finite", "rewards-stuck", "chosen-collapse"];

    /// <summary>Whether a run that failed for this reason can succeed once somebody has put right what was wrong.</summary>
    public static bool CanResumeAfter(string failure) => !Lasting.Contains(failure);

    public static bool IsEnd(TrainingStatus status) =>
        status is TrainingStatus.Cancelled or TrainingStatus.Succeeded or TrainingStatus.Failed;
}
