using SPaR.Method;
using SPaR.Service.Runs;

namespace SPaR.Service.Lifecycle;

/// <summary>Which moves a run's status can make. Every move is made by <see cref="RunLifecycle"/>.</summary>
internal static class RunTransitions
{
    public static bool Allows(RunStatus from, RunStatus to) => (from, to) is
        (RunStatus.Queued, RunStatus.Running or RunStatus.Pausing or RunStatus.Cancelling or RunStatus.Failed)
        or (RunStatus.Running, RunStatus.Pausing or RunStatus.Cancelling or RunStatus.Succeeded or RunStatus.Failed)
        or (RunStatus.Pausing, RunStatus.Paused or RunStatus.Cancelling or RunStatus.Failed)
        or (RunStatus.Paused, RunStatus.Queued or RunStatus.Cancelling)
        or (RunStatus.Cancelling, RunStatus.Cancelled)
        or (RunStatus.Succeeded or RunStatus.Failed, RunStatus.Queued);

    /// <summary>What a run that is being put down becomes, or null to leave it. How a running one goes on is
    /// <see cref="RoundPlan"/>'s.</summary>
    /// <param name="isBusy">Whether anybody works on it still: on an item, a training or an evaluation.</param>
    public static RunStatus? CompleteStop(RunStatus status, bool isBusy) => status switch
    {
        RunStatus.Pausing when !isBusy => RunStatus.Paused,
        RunStatus.Cancelling when !isBusy => RunStatus.Cancelled,
        _ => null,
    };

    public static bool IsEnd(RunStatus status) => status is RunStatus.Cancelled or RunStatus.Succeeded or RunStatus.Failed;
}
