using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using SPaR.Abstractions;
using SPaR.Storage;
using SPaR.Training;

namespace SPaR.Models;

/// <summary>Reads a file of the models folder and describes it as a model; stores nothing.</summary>
internal sealed class ModelIntake(IModelInspector inspector, IOptions<ModelsOptions> options, TimeProvider time)
{
    /// <param name="path">Relative to the models folder, and known to be inside it.</param>
    /// <param name="template">Null recognises the one in the file.</param>
    /// <param name="origin">The training run that made it, where one did.</param>
    /// <exception cref="ModelRejectedException">It is no model that the engine can run.</exception>
    public async Task<Model> ReadAsync(
        string path, string name, string? template, TrainingRun? origin, CancellationToken cancellationToken)
    {
        var full = Path.Combine(options.Value.Folder, path);
        var description = inspector.Inspect(full, template);
        await using var file = File.OpenRead(full);
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
            ParentId = origin?.ModelId,
            TrainingRunId = origin?.Id,
            RunId = origin?.RunId,
            Round = origin?.Round,
            Dataset = origin?.Source,
            DatasetHash = origin?.DatasetHash,
            CreatedAt = time.GetUtcNow(),
        };
    }
}
