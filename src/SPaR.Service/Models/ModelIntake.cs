using System.Collections.Immutable;

namespace SPaR.Service.Models;

/// <summary>Reads a file in the models folder and describes it as a model; stores nothing.</summary>
internal sealed class ModelIntake(
    IModelInspector inspector, ModelFolder folder, FileHashes hashes, ModelFiles files, TimeProvider time)
{
    /// <param name="path">Relative to the models folder, and already resolved.</param>
    /// <param name="template">Null: detected from the file.</param>
    /// <param name="origin">Null for a file that a person put there.</param>
    /// <exception cref="ModelRejectedException">The engine cannot run this file.</exception>
    public async Task<Model> ReadAsync(
        string path, string name, string? template, ModelOrigin? origin, CancellationToken cancellationToken)
    {
        var full = folder.FullPath(path);
        return await RowAsync(path, name, () => inspector.Inspect(full, template), null, origin, cancellationToken);
    }

    /// <param name="path">The adapter's, as in <see cref="ReadAsync"/>.</param>
    /// <param name="baseModel">A full model.</param>
    /// <param name="template">Null: the base's.</param>
    /// <exception cref="ModelRejectedException">The file is not an adapter for that model.</exception>
    public async Task<Model> ReadAdapterAsync(
        string path, string name, Model baseModel, string? template, ModelOrigin? origin, CancellationToken cancellationToken)
    {
        var (full, basePath) = (folder.FullPath(path), folder.FullPath(baseModel.Path));
        await files.CheckAsync(basePath, baseModel.Sha256, cancellationToken);
        return await RowAsync(path, name, Inspect, baseModel.Id, origin, cancellationToken);

        ModelDescription Inspect()
        {
            var adapter = inspector.InspectAdapter(full, basePath);
            return new(
                baseModel.Architecture, null, adapter.Parameters, baseModel.ContextLength, baseModel.VocabularySize, adapter.FileType,
                template is null ? baseModel.Template : inspector.Inspect(basePath, template).Template);
        }
    }

    private async Task<Model> RowAsync(
        string path, string name, Func<ModelDescription> inspect, string? baseId, ModelOrigin? origin,
        CancellationToken cancellationToken)
    {
        var full = folder.FullPath(path);
        ModelDescription description;
        string sha256;
        FileVersion version;
        try
        {
            version = FileVersion.Of(full);
            description = await DedicatedThread.RunAsync(inspect).WaitAsync(cancellationToken);
            sha256 = await hashes.OfAsync(full, cancellationToken);
            // What is described and what is hashed are one file.
            if (FileVersion.Of(full) != version)
                throw new ModelRejectedException(
                    "model-file-changed", $"{path} changed while it was read; register it once it is complete.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelRejectedException("model-file-missing", $"{path} cannot be read: {e.Message}");
        }

        return new()
        {
            Id = Ids.New("mdl", time),
            Name = name,
            Path = path,
            Sha256 = sha256,
            Bytes = (long)version.Bytes,
            Architecture = description.Architecture,
            Parameters = description.Parameters,
            ContextLength = description.ContextLength,
            VocabularySize = description.VocabularySize,
            FileType = description.FileType,
            Template = description.Template,
            BaseId = baseId,
            ParentId = origin?.ParentId,
            TrainingRunId = origin?.TrainingRunId,
            ConversionId = origin?.ConversionId,
            Uploaded = origin?.Uploaded ?? false,
            RunId = origin?.RunId,
            Round = origin?.Round,
            Datasets = origin?.Datasets,
            DatasetHash = origin?.DatasetHash,
            CreatedAt = time.GetUtcNow(),
        };
    }
}

/// <summary>The training, the conversion or the upload that a model comes from.</summary>
/// <param name="ParentId">The model that training started from, or that was quantised; null for an import.</param>
/// <param name="RunId">The run whose round trained it; null if a user created the training.</param>
/// <param name="DatasetHash">SHA-256 of the rows of <paramref name="Datasets"/>.</param>
internal sealed record ModelOrigin(
    string? ParentId, string? TrainingRunId, string? RunId, int? Round, ImmutableArray<TrainingSource>? Datasets, string? DatasetHash)
{
    public string? ConversionId { get; init; }

    public bool Uploaded { get; init; }

    /// <summary>Its file came over HTTP.</summary>
    public static ModelOrigin Upload { get; } = new(null, null, null, null, null, null) { Uploaded = true };

    public static ModelOrigin Converted(string conversionId, string? parentId) =>
        new(parentId, null, null, null, null, null) { ConversionId = conversionId };
}
