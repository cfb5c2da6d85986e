using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Abstractions;

namespace SPaR.Torch.Training;

/// <summary><c>metrics.ndjson</c>: one object per step under TRL's names. A line is the system's as soon as its step has ended, so
/// that a killed process loses none; a power failure may take the steps since the last checkpoint, which brings the file to disk
/// (<see cref="Checkpoints"/>) and from which they are made again.</summary>
internal sealed class MetricsFile : IDisposable
{
    private readonly StreamWriter _writer;

    /// <param name="afterStep">The checkpoint that the run goes on from: lines of later steps are removed, as these steps are made
    /// again, so that a step stands once.</param>
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
        // Others read it while it grows, and a checkpoint brings it to disk.
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

    /// <returns>Null for half a line, as a killed process leaves it.</returns>
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
