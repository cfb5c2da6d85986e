using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SPaR.Torch.Training;

/// <summary><c>metrics.ndjson</c>: one object per step, under TRL's names. Each line is handed to the operating system when its step ends,
/// so that killing the process loses none. A power failure may lose the steps since the last checkpoint, which flushes the file to disk
/// (<see cref="Checkpoints"/>); those steps are repeated.</summary>
internal sealed class MetricsFile : IDisposable
{
    private readonly StreamWriter _writer;

    /// <param name="afterStep">The step of the checkpoint that the run resumes from. Lines of later steps are removed: these steps are
    /// repeated, and each step has one line.</param>
    public MetricsFile(string folder, long afterStep)
    {
        var path = Path.Combine(folder, TrainingFolder.Metrics);
        if (File.Exists(path))
        {
            var kept = File.ReadLines(path).TakeWhile(line => StepOf(line) is { } step && step <= afterStep).ToArray();
            DurableFile.Write(path, stream =>
            {
                foreach (var line in kept)
                    stream.Write(Encoding.UTF8.GetBytes(line + "\n"));
            });
        }
        // Others read the file while it grows, and a checkpoint flushes it.
        _writer = new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { NewLine = "\n" };
    }

    public void Add(IReadOnlyDictionary<string, double> metrics, long step)
    {
        var line = new JsonObject { ["step"] = step };
        foreach (var (name, value) in metrics)
            line[name] = value;
        _writer.WriteLine(line.ToJsonString(TrainingJson.Options));
        _writer.Flush();
    }

    public void Dispose() => _writer.Dispose();

    /// <returns>Null for an incomplete line, which a killed process may leave.</returns>
    private static long? StepOf(string line)
    {
        try
        {
            return (long?)JsonNode.Parse(line)?["step"];
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
