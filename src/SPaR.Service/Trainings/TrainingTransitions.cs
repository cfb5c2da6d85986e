using SPaR.Method;

namespace SPaR.Service.Trainings;

/// <summary>Which moves a training run's status can make. Every move is made by <see cref="TrainingLifecycle"/>.</summary>
internal static class TrainingTransitions
{
    // Nothing runs for one that is queued or paused, so it stops at once.
    public static bool Allows(RunStatus from, RunStatus to) => (from, to) is
        (RunStatus.Queued,
            RunStatus.Running or RunStatus.Paused or RunStatus.Cancelled or RunStatus.Failed)
        or (RunStatus.Running,
            RunStatus.Pausing or RunStatus.Cancelling or RunStatus.Succeeded or RunStatus.Failed)
        // A process that ends while it is asked to pause has trained to the end.
        or (RunStatus.Pausing,
            RunStatus.Paused or RunStatus.Cancelling or RunStatus.Succeeded or RunStatus.Failed)
        or (RunStatus.Paused, RunStatus.Queued or RunStatus.Cancelled)
        or (RunStatus.Failed, RunStatus.Queued)
        or (RunStatus.Cancelling, RunStatus.Cancelled);

    // Faults of the data or the options: the same training would fail in the same way.
    private static readonly string[] Lasting =
        ["bad-data", "no-data", "no-rows", "identical-pairs", "step-zero", "not-finite", "rewards-stuck", "chosen-collapse"];

    /// <summary>Whether a run that failed for this reason can succeed once somebody has put right what was wrong.</summary>
    public static bool CanResumeAfter(string failure) => !Lasting.Contains(failure);

    public static bool IsEnd(RunStatus status) =>
        status is RunStatus.Cancelled or RunStatus.Succeeded or RunStatus.Failed;
}
