using System.Globalization;
using System.Text.RegularExpressions;
using SPaR.Cli.Processes;

namespace SPaR.Cli.Postgres;

/// <summary>The folder of the server's programs, and their version.</summary>
internal sealed partial record PostgresBinaries(string Folder, int Major)
{
    public const int OldestMajor = 15;

    public string Initdb => Path.Combine(Folder, "initdb");

    public string Postgres => Path.Combine(Folder, "postgres");

    public string Control => Path.Combine(Folder, "pg_ctl");

    /// <summary>Finds the newest of version 15 or later; with <paramref name="major"/> exactly that one, since no other can read the data.
    /// </summary>
    /// <exception cref="PostgresUnavailableException">None is installed.</exception>
    public static async Task<PostgresBinaries> FindAsync(PostgresOptions options, int? major, CancellationToken cancellationToken)
    {
        var found = new List<PostgresBinaries>();
        foreach (var folder in Candidates(options))
        {
            var (exitCode, output) = await Tool.RunAsync([Path.Combine(folder, "postgres"), "--version"], null, cancellationToken);
            if (exitCode == 0 && Version().Match(output) is { Success: true } match)
                found.Add(new(folder, int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)));
        }

        if (major is { } wanted)
        {
            return found.FirstOrDefault(b => b.Major == wanted) ?? throw new PostgresUnavailableException(
                $"The data needs PostgreSQL {wanted}, which is not installed. Run: apt-get install postgresql-{wanted}");
        }

        return found.Where(b => b.Major >= OldestMajor).MaxBy(b => b.Major) ?? throw new PostgresUnavailableException(
            $"PostgreSQL {OldestMajor} or later is not installed. Run: ./spar setup (or: apt-get install postgresql-15)");
    }

    private static IEnumerable<string> Candidates(PostgresOptions options)
    {
        var folders = options.BinaryFolders ??
        [
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
            .. Directory.Exists("/usr/lib/postgresql")
                ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin"))
                : [],
        ];
        return folders.Where(f => File.Exists(Path.Combine(f, "postgres")) && File.Exists(Path.Combine(f, "initdb"))
            && File.Exists(Path.Combine(f, "pg_ctl")));
    }

    [GeneratedRegex(@"\(PostgreSQL\) (\d+)")]
    private static partial Regex Version();
}
