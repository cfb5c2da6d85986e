using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace SPaR.Service.Trainings;

/// <summary>The training process of one folder. It outlives the worker that started it; the next worker finds it by the file in its
/// folder that has its process id and start time, as an id alone may belong to another process by then.</summary>
internal sealed class TrainerProcess(string folder, IEnumerable<string> command)
{
    private const string Note = "trainer.pid";
    private const string Output = "trainer.log";
    private const int TailBytes = 4000;

    // The shell writes its own id and then becomes the trainer, so no trainer ever runs without that file.
    private const string Script =
        """cat "/proc/$$/stat" > trainer.pid.part && mv trainer.pid.part trainer.pid && exec "$@" >> trainer.log 2>&1""";

    /// <summary>Null where it was never started, or has been forgotten.</summary>
    public bool? IsAlive => Noted is { } noted ? IsRunning(noted) || IsFolderHeld : null;

    private (int Id, long Started)? Noted
    {
        get
        {
            var note = Path.Combine(folder, Note);
            return File.Exists(note) ? Identity(File.ReadAllText(note)) : null;
        }
    }

    /// <summary>Ids and start times are those of one container; from another container on the same folder, only the lock shows that a
    /// trainer runs.</summary>
    private bool IsFolderHeld
    {
        get
        {
            var path = Path.Combine(folder, TrainingFolder.Lock);
            if (!File.Exists(path))
                return false;
            try
            {
                using var shared = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
                return false;
            }
            catch (IOException)
            {
                return true;
            }
        }
    }

    /// <summary>Forgets a process that has ended, so that its exit is not taken for the death of the next.</summary>
    public void Forget()
    {
        if (IsAlive is false)
            File.Delete(Path.Combine(folder, Note));
    }

    /// <summary>Kills it with its children, if it runs. One in another container is left to exit after its step.</summary>
    /// <exception cref="InvalidOperationException">The system refuses.</exception>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        if (Noted is not { } noted || !IsRunning(noted))
            return;
        // It leads the group of its own session.
        using var kill = Process.Start(new ProcessStartInfo(
            "sh", ["-c", """kill -s KILL -- "-$1" """, "sh", noted.Id.ToString(CultureInfo.InvariantCulture)])
        { RedirectStandardError = true })!;
        var said = await kill.StandardError.ReadToEndAsync(cancellationToken);
        await kill.WaitForExitAsync(cancellationToken);
        if (kill.ExitCode != 0 && IsRunning(noted))
            throw new InvalidOperationException($"The training process {noted.Id} could not be killed: {said.Trim()} Kill it yourself.");
    }

    /// <exception cref="IOException">It cannot write to its folder.</exception>
    public async Task StartAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        File.Delete(Path.Combine(folder, Note));
        // In a session of its own no signal to the worker's terminal or group reaches it.
        var start = new ProcessStartInfo("setsid", ["sh", "-c", Script, "sh", .. command, folder])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        // Until the file is written, it looks like one that was never started.
        while (IsAlive is null && !process.HasExited)
            await Task.Delay(TimeSpan.FromMilliseconds(10), time, cancellationToken);
        if (IsAlive is null)
            throw new IOException(
                $"The training process exited with {process.ExitCode} before it could write {Path.Combine(folder, Note)}.");
    }

    /// <summary>The end of what it printed.</summary>
    public string Tail()
    {
        var path = Path.Combine(folder, Output);
        if (!File.Exists(path))
            return "";
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(-Math.Min(TailBytes, file.Length), SeekOrigin.End);
        using var reader = new StreamReader(file, Encoding.UTF8);
        return reader.ReadToEnd().Trim();
    }

    private static bool IsRunning((int Id, long Started) noted)
    {
        var now = Stat(noted.Id);
        return now is not null && Identity(now) == noted && !now[(now.LastIndexOf(')') + 2)..].StartsWith('Z');
    }

    private static string? Stat(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id.ToString(CultureInfo.InvariantCulture)}/stat");
        }
        catch (IOException)
        {
            // It is gone.
            return null;
        }
    }

    /// <summary>Process id, and start time in ticks since boot, the 22nd field; the name before it may contain anything.</summary>
    private static (int Id, long Started)? Identity(string stat)
    {
        var rest = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return rest.Length > 19 && int.TryParse(stat.Split(' ')[0], CultureInfo.InvariantCulture, out var id)
            && long.TryParse(rest[19], CultureInfo.InvariantCulture, out var started)
            ? (id, started)
            : null;
    }
}
