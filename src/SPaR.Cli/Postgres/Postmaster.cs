using System.Diagnostics;
using System.Globalization;

namespace SPaR.Cli.Postgres;

/// <summary>What a server writes about itself into its data folder.</summary>
internal sealed record Postmaster(int Pid, int Port, bool Ready)
{
    /// <summary>The server that runs on this data folder, or null. The file of a killed server counts as null, even if its process id now
    /// belongs to another program.</summary>
    public static Postmaster? Read(string data)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(FileOf(data));
        }
        catch (IOException)
        {
            // The server has just ended, or never ran.
            return null;
        }

        // Line 1 is the process id, 4 the port, 8 the state; the server writes them one after the other while it starts.
        if (lines.Length == 0 || !int.TryParse(lines[0], CultureInfo.InvariantCulture, out var pid) || !IsServer(pid, data))
            return null;
        var port = lines.Length > 3 && int.TryParse(lines[3], CultureInfo.InvariantCulture, out var value) ? value : 0;
        return new(pid, port, lines.Length > 7 && lines[7].Trim() == "ready");
    }

    /// <summary>Removes the file of a killed server. The next server does so itself, unless the process id is in use again.</summary>
    public static void RemoveStale(string data)
    {
        if (Read(data) is null)
            File.Delete(FileOf(data));
    }

    private static string FileOf(string data) => Path.Combine(data, "postmaster.pid");

    private static bool IsServer(int pid, string data)
    {
        try
        {
            if (OperatingSystem.IsLinux())
                return File.ReadAllText($"/proc/{pid}/cmdline").Split('\0').Contains(data);
            using var process = Process.GetProcessById(pid);
            return process.ProcessName == "postgres";
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            return false;
        }
    }
}
