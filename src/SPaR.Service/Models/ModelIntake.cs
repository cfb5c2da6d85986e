using System.Security.Cryptography;

namespace SPaR.Service.Models;

/// <summary>Reads a file in the models folder and describes it as a model; stores nothing.</summary>
internal sealed class ModelIntake(IModelInspector inspector, IOptions<ModelsOptions> options, TimeProvider time)
{
    /// <param name="path">Relative to the models folder, and already resolved.</param>
    /// <param name="template">Null: detected from the file.</param>
    /// <param name="origin">Null unless training produced the model.</param>
    /// <exception cref="ModelRejectedException">The engine cannot run this file.</exception>
    public async Task<Model> ReadAsync(
        string path, string name, string? template, ModelOrigin? origin, CancellationToken cancellationToken)
    {
        var full = Path.Combine(options.Value.Folder, path);
        return await RowAsync(path, name, inspector.Inspect(full, template), null, origin, cancellationToken);
    }

    /// <param name="path">The adapter's, as in <see cref="ReadAsync"/>.</param>
    /// <param name="baseModel">A full model.</param>
    /// <param name="template">Null: the base's.</param>
    /// <exception cref="ModelRejectedException">The file is not an adapter for that model.</exception>
    public async Task<Model> ReadAdapterAsync(
        string path, string name, Model baseModel, string? template, ModelOrigin? origin, CancellationToken cancellationToken)
    {
        var basePath = Path.Combine(options.Value.Folder, baseModel.Path);
        var adapter = inspector.InspectAdapter(Path.Combine(options.Value.Folder, path), basePath);
        var description = new ModelDescription(
            baseModel.Architecture, null, adapter.Parameters, baseModel.ContextLength, baseModel.VocabularySize, adapter.FileType,
            template is null ? baseModel.Template : inspector.Inspect(basePath, template).Template);
        return await RowAsync(path, name, description, baseModel.Id, origin, cancellationToken);
    }

    private async Task<Model> RowAsync(
        string path, string name, ModelDescription description, string? baseId, ModelOrigin? origin, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(Path.Combine(options.Value.Folder, path));
        return new()
        {
            Id = Ids.New("mdl", time),
            Name = name,
            Path = path,
            Sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken)),
            Bytes = file.Length,
            Architecture = description.Architecture,
            Parameters = description.Parameters,
            ContextLength = description.ContextLength,
            VocabularySize = description.VocabularySize,
            FileType = description.FileType,
            Template = description.Template,
            BaseId = baseId,
            ParentId = origin?.ParentId,
            TrainingRunId = origin?.TrainingRunId,
            RunId = origin?.RunId,
            Round = origin?.Round,
            Dataset = origin?.Dataset,
            DatasetHash = origin?.DatasetHash,
            CreatedAt = time.GetUtcNow(),
        };
    }
}

/// <summary>The training that produced a model.</summary>
/// <param name="ParentId">The model that training started from.</param>
/// <param name="RunId">The run whose round trained it; null if a user created the training.</param>
/// <param name="DatasetHash">SHA-256 of the rows of <paramref name="Dataset"/>.</param>
internal sealed record ModelOrigin(
    string ParentId, string TrainingRunId, string? RunId, int? Round, TrainingSource Dataset, string? DatasetHash);
