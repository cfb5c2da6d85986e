namespace SPaR.Host;

/// <summary>The process of one training run, <c>--role trainer --folder DIR [--device cpu|cuda|cuda:N]</c>: no database, no HTTP.
/// Exits with 0 when finished, 3 when stopped on request (a <c>stop</c> file, SIGTERM or Ctrl-C), 1 when failed.</summary>
internal static class TrainerRole
{
    /// <exception cref="StartupException">No folder is given.</exception>
    public static int Run(IConfiguration configuration)
    {
        var folder = configuration["folder"] is { Length: > 0 } given
            ? Path.GetFullPath(given)
            : throw new StartupException("--role trainer needs --folder: the folder with job.json and data.ndjson.");
        return TrainingProcess.Run(folder, configuration["device"] ?? "cpu");
    }
}
