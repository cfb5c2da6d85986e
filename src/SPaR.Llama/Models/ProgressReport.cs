using SPaR.Llama.Scheduling;

namespace SPaR.Llama.Models;

/// <summary>Reports what a request has generated, while it runs.</summary>
internal static class ProgressReport
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Reports until the request has ended, however it ends; at last what is left of the text.</summary>
    /// <param name="text">What is reported besides the usage; null if it is not.</param>
    public static async Task UntilEndAsync(Request work, IProgress<GenerationProgress> progress, TextWatch? text)
    {
        _ = work.Completion.ContinueWith(
            _ => text?.Signal(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        while (!work.Completion.IsCompleted)
        {
            await (text?.WaitAsync(Interval) ?? Task.WhenAny(work.Completion, Task.Delay(Interval)));
            if (!work.Completion.IsCompleted)
                progress.Report(new(work.Usage, text?.Take() ?? []));
        }

        if (work.Completion.IsCompletedSuccessfully && text?.Take(isEnd: true) is { IsEmpty: false } rest)
            progress.Report(new(work.Usage, rest));
    }
}
