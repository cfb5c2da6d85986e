using SPaR.Method;

namespace SPaR.Service.Lifecycle;

/// <summary>What can happen to the status of a run, a training, an evaluation or a conversion.</summary>
internal enum StatusMove
{
    Start,
    Pause,
    Cancel,

    /// <summary>Nobody works on it any more, so a pause or a cancellation takes effect.</summary>
    CompleteStop,

    Succeed,
    Fail,
    Resume,
    Retry,
}

/// <summary>The one table of allowed moves. <see cref="StatusMover"/> makes them.</summary>
internal static class StatusTransitions
{
    /// <returns>The new status; null where the current one does not allow the move.</returns>
    public static RunStatus? Next(WorkKind kind, RunStatus from, StatusMove move) => (move, from) switch
    {
        (StatusMove.Start, RunStatus.Queued) => RunStatus.Running,
        // A queued or paused training has no process to wait for, so it stops at once.
        (StatusMove.Pause, RunStatus.Queued) when kind.IsTraining => RunStatus.Paused,
        (StatusMove.Cancel, RunStatus.Queued or RunStatus.Paused) when kind.IsTraining => RunStatus.Cancelled,
        (StatusMove.Pause, RunStatus.Queued or RunStatus.Running) => RunStatus.Pausing,
        (StatusMove.Cancel, RunStatus.Queued or RunStatus.Running or RunStatus.Pausing or RunStatus.Paused) => RunStatus.Cancelling,
        (StatusMove.CompleteStop, RunStatus.Pausing) => RunStatus.Paused,
        (StatusMove.CompleteStop, RunStatus.Cancelling) => RunStatus.Cancelled,
        // A training process can reach its last step before it sees the request to pause.
        (StatusMove.Succeed, RunStatus.Pausing) when kind.IsTraining => RunStatus.Succeeded,
        (StatusMove.Succeed, RunStatus.Running) => RunStatus.Succeeded,
        // A training that dies while it is being cancelled has stopped, which is what was asked for.
        (StatusMove.Fail, RunStatus.Cancelling) when kind.IsTraining => RunStatus.Cancelled,
        (StatusMove.Fail, RunStatus.Queued or RunStatus.Running or RunStatus.Pausing) => RunStatus.Failed,
        (StatusMove.Resume, RunStatus.Paused) => RunStatus.Queued,
        // A training has no items to retry; it resumes from its last checkpoint.
        (StatusMove.Resume, RunStatus.Failed) when kind.IsTraining => RunStatus.Queued,
        (StatusMove.Retry, RunStatus.Failed) => RunStatus.Queued,
        (StatusMove.Retry, RunStatus.Succeeded) when !kind.IsTraining && kind != WorkKind.Conversion => RunStatus.Queued,
        _ => null,
    };

    /// <summary>The statuses that allow a move.</summary>
    public static IEnumerable<RunStatus> From(WorkKind kind, StatusMove move) =>
        Enum.GetValues<RunStatus>().Where(status => Next(kind, status, move) is not null);

    public static bool IsEnd(RunStatus status) => status is RunStatus.Cancelled or RunStatus.Succeeded or RunStatus.Failed;
}
