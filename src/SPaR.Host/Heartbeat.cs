using SPaR.Service.Storage;

namespace SPaR.Host;

/// <summary>A worker has no HTTP, so it writes its health to a file every few seconds: empty if its database responds, otherwise what is
/// missing. A worker that hangs stops writing.</summary>
internal sealed class Heartbeat(ReservedDatabase databases, string file, TimeProvider time) : BackgroundService
{
    /// <summary>Names the file; without it none is written.</summary>
    public const string Setting = "Health:File";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5), MaxAge = TimeSpan.FromSeconds(45);

    /// <returns>What is wrong with the worker; null if it is healthy.</returns>
    public static string? FaultIn(string? file, TimeProvider time)
    {
        if (string.IsNullOrWhiteSpace(file))
            return $"{Setting} is not set; set it to the same file for the worker and for this check.";
        if (!File.Exists(file))
            return $"The worker has not written {file} yet; wait for it to start.";
        var age = time.GetUtcNow() - File.GetLastWriteTimeUtc(file);
        if (age > MaxAge)
            return FormattableString.Invariant($"The worker last wrote {file} {age.TotalSeconds:0} s ago; it hangs or has stopped.");
        var missing = File.ReadAllText(file);
        return missing.Length == 0 ? null : missing;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The previous worker's state no longer matters.
        File.Delete(file);
        while (true)
        {
            var missing = await HealthEndpoints.MissingAsync(databases, stoppingToken);
            // Written to a temporary file first: a reader never sees half of it.
            await File.WriteAllTextAsync($"{file}.part", string.Join(' ', missing), stoppingToken);
            File.Move($"{file}.part", file, overwrite: true);
            await Task.Delay(Interval, time, stoppingToken);
        }
    }
}
