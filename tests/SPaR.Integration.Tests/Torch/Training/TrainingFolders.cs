using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.MicroWorld;

namespace SPaR.Integration.Tests.Torch.Training;

/// <summary>A training folder on the micro-world's model, and the host's trainer role as a process of its own.</summary>
internal sealed class TrainingFolders : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("spar-training-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <param name="model">The micro-world's, if none is given.</param>
    public string Make(
        string name, TrainingMethod method, TrainingOptions options, ImmutableArray<TrainingRow> rows, string? model = null,
        ImmutableArray<TrainingRow> heldOut = default, ImmutableArray<double> weights = default)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root, name)).FullName;
        var job = new TrainingJob(method, model ?? MicroModel.Path, options) { Weights = weights.IsDefault ? [] : weights };
        File.WriteAllText(Path.Combine(folder, TrainingFolder.Job), JsonSerializer.Serialize(job, TrainingJson.Options));
        WriteRows(TrainingFolder.Data, rows);
        if (!heldOut.IsDefault)
            WriteRows(TrainingFolder.EvalData, heldOut);
        return folder;

        void WriteRows(string file, ImmutableArray<TrainingRow> given) => File.WriteAllLines(
            Path.Combine(folder, file), given.Select(r => JsonSerializer.Serialize(r, TrainingJson.Options)));
    }

    public static Process Start(string folder) => Process.Start(new ProcessStartInfo(
        "dotnet", [Path.Combine(AppContext.BaseDirectory, "SPaR.Host.dll"), "--role", "trainer", "--folder", folder])
    {
        RedirectStandardError = true,
        WorkingDirectory = Path.GetTempPath(),
    })!;

    public static async Task<(int Code, string Error)> RunAsync(string folder)
    {
        using var process = Start(folder);
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, error);
    }

    /// <summary>One object per step, in order.</summary>
    public static JsonObject[] Metrics(string folder)
    {
        var path = Path.Combine(folder, TrainingFolder.Metrics);
        return File.Exists(path) ? [.. Lines(path).Select(l => JsonNode.Parse(l)!.AsObject())] : [];
    }

    public static double Metric(JsonObject step, string name) => (double)step[name]!;

    public static JsonObject Failure(string folder) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(folder, TrainingFolder.Failure)))!.AsObject();

    /// <summary>Whole lines only, as the process may be writing.</summary>
    private static string[] Lines(string path)
    {
        using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var text = file.ReadToEnd();
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
