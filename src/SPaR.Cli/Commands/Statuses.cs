using SPaR.Client;

namespace SPaR.Cli.Commands;

internal static class Statuses
{
    /// <summary>Whether a run, training, evaluation or conversion makes no further progress by itself.</summary>
    public static bool HasEnded(this RunStatus status) =>
        status == RunStatus.Succeeded || status == RunStatus.Failed || status == RunStatus.Cancelled;
}
