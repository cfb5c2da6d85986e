using System.Diagnostics;
using System.Runtime.Versioning;

namespace SPaR.Integration.Tests.Demo;

/// <summary>Finds, freezes and kills processes that a test did not start itself.</summary>
[SupportedOSPlatform("linux")]
internal static class OsProcesses
{
    /// <summary>The .NET program with this command line and environment.</summary>
    /// <param name="arguments">Consecutive arguments of its command line.</param>
    /// <param name="environment">A part of its environment or its command line.</param>
    /// <returns>Null if there is none.</returns>
    public static int? Find(string[] arguments, string environment)
    {
        var wanted = string.Join('\0', arguments);
        return Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Where(name => int.TryParse(name, out _))
            .Select(name => (int?)int.Parse(name!))
            .SingleOrDefault(id => Read($"{id}/cmdline") is var command
                && Path.GetFileName(command.Split('\0')[0]) == "dotnet"
                && command.Contains(wanted, StringComparison.Ordinal)
                && (command + Read($"{id}/environ")).Contains(environment, StringComparison.Ordinal));
    }

    /// <summary>The child processes with these words in their command line, separated by NUL.</summary>
    public static List<int> ChildrenOf(int parent, string words) =>
        [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Where(name => int.TryParse(name, out _))
            .Where(name => Read($"{name}/cmdline").Contains(words, StringComparison.Ordinal)
                && Read($"{name}/stat") is { Length: > 0 } stat
                && stat[(stat.LastIndexOf(')') + 2)..].Split(' ') is [not "Z", var by, ..]
                && by == parent.ToString(System.Globalization.CultureInfo.InvariantCulture))
            .Select(name => int.Parse(name!, System.Globalization.CultureInfo.InvariantCulture))];

    /// <summary>Freezes every thread of a process.</summary>
    /// <returns>False if it has already ended.</returns>
    public static async Task<bool> FreezeAsync(int process, CancellationToken stop)
    {
        using (var freeze = Process.Start("kill", ["-STOP", $"{process}"]))
            await freeze.WaitForExitAsync(stop);
        while (true)
        {
            var states = States(process);
            if (states.Count == 0 || states.Contains('Z'))
                return false;
            if (states.TrueForAll(state => state == 'T'))
                return true;
            await Task.Delay(5, stop);
        }
    }

    public static async Task ThawAsync(int process, CancellationToken stop)
    {
        using var thaw = Process.Start("kill", ["-CONT", $"{process}"]);
        await thaw.WaitForExitAsync(stop);
    }

    /// <summary>Starts another process with the command line and the environment of one.</summary>
    public static Process StartLike(int process)
    {
        var command = Read($"{process}/cmdline").TrimEnd('\0').Split('\0');
        var start = new ProcessStartInfo(command[0], command[1..]);
        start.Environment.Clear();
        foreach (var variable in Read($"{process}/environ").TrimEnd('\0').Split('\0'))
            start.Environment[variable[..variable.IndexOf('=', StringComparison.Ordinal)]] =
                variable[(variable.IndexOf('=', StringComparison.Ordinal) + 1)..];
        return Process.Start(start)!;
    }

    public static void Kill(int process)
    {
        using var killed = Process.GetProcessById(process);
        killed.Kill();
    }

    /// <summary>The states of its threads: <c>T</c> is stopped, <c>Z</c> has ended.</summary>
    private static List<char> States(int process)
    {
        var threads = $"/proc/{process}/task";
        return !Directory.Exists(threads)
            ? []
            : [.. Directory.EnumerateDirectories(threads).Select(thread => Read($"{process}/task/{Path.GetFileName(thread)}/stat"))
                .Where(stat => stat.Length > 0).Select(stat => stat[stat.LastIndexOf(')') + 2])];
    }

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{file}");
        }
        catch (IOException)
        {
            // It has ended since the listing.
            return "";
        }
    }
}
