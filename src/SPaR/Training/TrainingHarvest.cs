using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using SPaR.Abstractions;
using SPaR.Models;
using SPaR.Storage;

namespace SPaR.Training;

/// <summary>Takes what a training process made into the models folder and registers it, with where it comes from.</summary>
internal sealed class TrainingHarvest(
    TrainingLifecycle lifecycle, IModelInspector inspector, IOptions<ModelsOptions> models, TimeProvider time)
{
    private const string Folder = "trained";

    /// <summary>Whether the process has ended with a result, also one that was taken already by a supervisor that then died.</summary>
    public bool IsRipe(TrainingRun run, string folder) => GivesModel(run)
        ? File.Exists(Path.Combine(folder, TrainingFolder.Model)) || File.Exists(Target(ModelPath(run)))
        : File.Exists(Path.Combine(folder, TrainingFolder.Adapter)) || File.Exists(Target(AdapterPath(run)));

    public async Task TakeAsync(TrainingRun run, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Target(Folder));
        var adapter = run.Options.Lora is not null && Take(Path.Combine(folder, TrainingFolder.Adapter), AdapterPath(run))
            ? AdapterPath(run)
            : null;
        var model = GivesModel(run) && Take(Path.Combine(folder, TrainingFolder.Model), ModelPath(run))
            ? await DescribeAsync(run, cancellationToken)
            : null;
        await lifecycle.SucceedAsync(run.Id, model, adapter, cancellationToken);
    }

    private static bool GivesModel(TrainingRun run) => run.Options.Lora is null or { Merge: true };

    private static string ModelPath(TrainingRun run) => $"{Folder}/{run.Id}.gguf";

    private static string AdapterPath(TrainingRun run) => $"{Folder}/{run.Id}.adapter.gguf";

    private string Target(string path) => Path.Combine(models.Value.Folder, path);

    /// <returns>Whether it stands in the models folder now.</returns>
    private bool Take(string made, string path)
    {
        // Between two disks a move copies, so the name that counts comes last.
        if (File.Exists(made))
        {
            File.Move(made, Target($"{path}.part"), overwrite: true);
            File.Move(Target($"{path}.part"), Target(path), overwrite: true);
        }

        return File.Exists(Target(path));
    }

    private async Task<Model> DescribeAsync(TrainingRun run, CancellationToken cancellationToken)
    {
        var path = Target(ModelPath(run));
        var description = inspector.Inspect(path, null);
        await using var file = File.OpenRead(path);
        return new()
        {
            Id = Ids.New("mdl", time),
            Name = run.Name ?? run.Id,
            Path = ModelPath(run),
            Sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken)),
            Bytes = file.Length,
            Architecture = description.Architecture,
            Parameters = description.Parameters,
            ContextLength = description.ContextLength,
            VocabularySize = description.VocabularySize,
            FileType = description.FileType,
            Template = description.Template,
            ParentId = run.ModelId,
            TrainingRunId = run.Id,
            Dataset = run.Source,
            DatasetHash = run.DatasetHash,
            CreatedAt = time.GetUtcNow(),
        };
    }
}
