using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using SPaR.Abstractions;
using SPaR.Service.Storage;

namespace SPaR.Service.Models;

/// <summary>Reads a file of the models folder and describes it as a model; stores nothing.</summary>
internal sealed class ModelIntake(IModelInspector inspector, IOptions<ModelsOptions> options, TimeProvider time)
{
    /// <param name="path">Relative to the models folder, and known to be inside it.</param>
    /// <param name="template">Null recognises the one in the file.</param>
    /// <param name="origin">Null for a model that no training made.</param>
    /// <exception cref="ModelRejectedException">It is no model that the engine can run.</exception>
    public async Task<Model> ReadAsync(
        string path, string name, string? template, ModelOrigin? origin, CancellationToken cancellationToken)
    {
        var full = Path.Combine(options.Value.Folder, path);
        return await RowAsync(path, name, inspector.Inspect(full, template), null, origin, cancellationToken);
    }

    /// <param name="path">Of the adapter, as in <see cref="ReadAsync"/>.</param>
    /// <param name="under">The model that it is applied to, which is no adapter itself.</param>
    /// <param name="template">Null takes the base's.</param>
    /// <exception cref="ModelRejectedException">It is no adapter of that model.</exception>
    public async Task<Model> ReadAdapterAsync(
        string path, string name, Model under, string? template, ModelOrigin? origin, CancellationToken cancellationToken)
    {
        var basePath = Path.Combine(options.Value.Folder, under.Path);
        var adapter = inspector.InspectAdapter(Path.Combine(options.Value.Folder, path), basePath);
        var description = new ModelDescription(
            under.Architecture, null, adapter.Parameters, under.ContextLength, under.VocabularySize, adapter.FileType,
            template is null ? under.Template : inspector.Inspect(basePath, template).Template);
        return await RowAsync(path, name, description, under.Id, origin, cancellationToken);
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

/// <summary>The training that made a model.</summary>
/// <param name="ParentId">The model that it started from.</param>
/// <param name="RunId">The run, and its round, that had it trained; null where a user asked for the training.</param>
/// <param name="DatasetHash">SHA-256 of the rows of <paramref name="Dataset"/>.</param>
internal sealed record ModelOrigin(
    string ParentId, string TrainingRunId, string? RunId, int? Round, TrainingSource Dataset, string? DatasetHash);
