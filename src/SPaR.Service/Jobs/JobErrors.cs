namespace SPaR.Service.Jobs;

/// <summary>Tells what ends the subject of a job from what only ends the job.</summary>
internal static class JobErrors
{
    /// <summary>Whether a subject fails with it. Otherwise the job is taken up again: the worker stops, the database does not answer, or
    /// the process of a model died.</summary>
    public static bool IsOfSubject(this Exception error) =>
        error is not (OperationCanceledException or ModelProcessDiedException) && !error.IsDatabaseError();
}
