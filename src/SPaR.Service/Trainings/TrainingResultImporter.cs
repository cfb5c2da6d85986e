using System.Security.Cryptography;
using System.Text.Json;
using SPaR.Service.Models;

namespace SPaR.Service.Trainings;

/// <summary>Moves the result of a training process into the models folder and registers it with its origin.</summary>
internal sealed class TrainingResultImporter(TrainingLifecycle lifecycle, ModelIntake intake, IOptions<ModelsOptions> models)
{
    private const string Folder = "trained";

    /// <summary>Whether the process has written its result, also one that a supervisor moved before it died. The adapter is written after
    /// the merged model, so with LoRA it marks the result as complete.</summary>
    public bool IsComplete(TrainingRun run, string folder) => run.Options.Lora is null
        ? File.Exists(Path.Combine(folder, TrainingFolder.Model)) || File.Exists(Target(ModelPath(run)))
        : File.Exists(Path.Combine(folder, TrainingFolder.Adapter)) || File.Exists(Target(AdapterPath(run)));

    public async Task ImportAsync(TrainingRun run, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Target(Folder));
        var parent = await lifecycle.ParentAsync(run, cancellationToken);
        Model? model = null;
        if (run.Options.Lora is null or { Merge: true })
        {
            MoveTo(Path.Combine(folder, TrainingFolder.Model), ModelPath(run));
            // It was trained on the parent's template, whatever the file says.
            model = await intake.ReadAsync(ModelPath(run), run.Name ?? run.Id, parent.Template, Origin(run), cancellationToken);
        }

        TrainedAdapter? adapter = null;
        if (run.Options.Lora is not null)
        {
            MoveTo(Path.Combine(folder, TrainingFolder.Adapter), AdapterPath(run));
            await using var file = File.OpenRead(Target(AdapterPath(run)));
            adapter = new(
                AdapterPath(run), Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken)), file.Length);
        }

        // An adapter that is not merged is registered as a model on its base.
        model ??= await intake.ReadAdapterAsync(AdapterPath(run), run.Name ?? run.Id, parent, null, Origin(run), cancellationToken);
        // A crash here leaves a complete result, so nothing resumes from a checkpoint.
        TrainingFolderSweep.Shrink(folder);
        await lifecycle.SucceedAsync(run.Id, model, adapter, await OutcomeAsync(folder, cancellationToken), cancellationToken);
    }

    private static async Task<TrainingOutcome?> OutcomeAsync(string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, TrainingFolder.Outcome);
        return File.Exists(path)
            ? JsonSerializer.Deserialize<TrainingOutcome>(await File.ReadAllTextAsync(path, cancellationToken), TrainingJson.Options)
            : null;
    }

    private static ModelOrigin Origin(TrainingRun run) =>
        new(run.ModelId, run.Id, run.RunId, run.Round, run.Sources, run.DatasetHash);

    private static string ModelPath(TrainingRun run) => $"{Folder}/{run.Id}.gguf";

    private static string AdapterPath(TrainingRun run) => $"{Folder}/{run.Id}.adapter.gguf";

    private string Target(string path) => Path.Combine(models.Value.Folder, path);

    private void MoveTo(string made, string path)
    {
        // Moved already by a supervisor that then died.
        if (!File.Exists(made))
            return;
        // Between two disks a move copies, so the final name comes last.
        File.Move(made, Target($"{path}.part"), overwrite: true);
        File.Move(Target($"{path}.part"), Target(path), overwrite: true);
    }
}

/// <summary>A low-rank adapter in llama.cpp's form.</summary>
/// <param name="Path">Relative to the models folder.</param>
internal sealed record TrainedAdapter(string Path, string Sha256, long Bytes)
{
    /// <returns>Null where a run has none.</returns>
    public static TrainedAdapter? Of(TrainingRun run) => run is { Adapter: { } path, AdapterSha256: { } sha256, AdapterBytes: { } bytes }
        ? new(path, sha256, bytes)
        : null;
}
