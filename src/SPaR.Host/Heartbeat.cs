using Microsoft.EntityFrameworkCore;
using SPaR.Service.Storage;

namespace SPaR.Host;

/// <summary>A worker listens nowhere, so it writes down how it is, into a file and every few seconds: nothing where it has just spoken
/// with its database, and otherwise what is missing. One that hangs writes nothing.</summary>
internal sealed class Heartbeat(IDbContextFactory<SparDb> databases, string file, TimeProvider time) : BackgroundService
{
    /// <summary>The file; where it is not set none is written.</summary>
    public const string Setting = "Health:File";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5), Longest = TimeSpan.FromSeconds(45);

    /// <returns>What is wrong with the worker that writes the file; null if nothing is.</returns>
    public static string? FaultIn(string? file, TimeProvider time)
    {
        if (string.IsNullOrWhiteSpace(file))
            return $"{Setting} is not set; a worker says there how it is. Set it for the worker and for this check to one file.";
        if (!File.Exists(file))
            return $"The worker has not written {file} yet.";
        var age = time.GetUtcNow() - File.GetLastWriteTimeUtc(file);
        if (age > Longest)
            return FormattableString.Invariant($"The worker has not been heard of for {age.TotalSeconds:0} seconds.");
        var missing = File.ReadAllText(file);
        return missing.Length == 0 ? null : missing;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // How the one before it was is no news.
        File.Delete(file);
        while (true)
        {
            var missing = await HealthEndpoints.MissingAsync(databases, stoppingToken);
            // To the side, then in place: a reader never meets half of it.
            await File.WriteAllTextAsync($"{file}.part", string.Join(' ', missing), stoppingToken);
            File.Move($"{file}.part", file, overwrite: true);
            await Task.Delay(Interval, time, stoppingToken);
        }
    }
}
