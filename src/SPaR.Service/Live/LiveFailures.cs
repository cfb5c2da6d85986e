using System.Globalization;
using SPaR.Service.Http;

namespace SPaR.Service.Live;

/// <summary>Why live requests fail, and how that is answered.</summary>
internal static class LiveFailures
{
    public const string NoWorker = "no-worker";

    public const string WorkerLost = "worker-lost";

    public const string TooLong = "prompt-too-long";

    /// <summary>The process of a model.</summary>
    public const string ProcessDied = "model-process-died";

    public const string Unexpected = "live-failed";

    public const string WorkerLostMessage =
        "The worker that had the request has died, and no other could go on with it. Send the request again.";

    private const int RetrySeconds = 5;

    public static string NoWorkerMessage(double seconds) => string.Create(
        CultureInfo.InvariantCulture,
        $"No worker has taken the request within {seconds} s (Live:WaitSeconds). Start one with ./spar up; if all are busy, try later.");

    /// <returns>Null unless the request has failed or was cancelled.</returns>
    public static Problem? Of(LiveRequest request) => request switch
    {
        { Status: Method.RunStatus.Cancelled } => Problem.Conflict("cancelled", $"The request {request.Id} was cancelled."),
        { Status: Method.RunStatus.Failed } => new(
            StatusOf(request.FailureCode), request.FailureCode ?? Unexpected, request.FailureMessage ?? "")
        {
            RetryAfter = request.FailureCode is NoWorker or WorkerLost ? RetrySeconds : null,
        },
        _ => null,
    };

    private static int StatusOf(string? code) => code switch
    {
        TooLong => StatusCodes.Status422UnprocessableEntity,
        NoWorker or WorkerLost => StatusCodes.Status503ServiceUnavailable,
        Unexpected or ProcessDied => StatusCodes.Status500InternalServerError,
        // What is wrong with a model or its file.
        _ => StatusCodes.Status409Conflict,
    };
}
