using System.Collections.Immutable;

namespace SPaR.Service.Models;

/// <summary>A registered model: a GGUF file under the models folder, checked once and identified by its content. With a base it is a
/// low-rank adapter: path, hash, size and parameters are the adapter's.</summary>
public sealed class Model
{
    /// <summary><c>mdl_…</c></summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Relative to the models folder, with forward slashes.</summary>
    public required string Path { get; init; }

    public required string Sha256 { get; init; }

    public required long Bytes { get; init; }

    public required string Architecture { get; init; }

    public required long Parameters { get; init; }

    public required int ContextLength { get; init; }

    public required int VocabularySize { get; init; }

    public required string FileType { get; init; }

    public required string Template { get; init; }

    /// <summary>The base model of an adapter; null for a full model.</summary>
    public string? BaseId { get; init; }

    /// <summary>Null unless the query included it.</summary>
    public Model? Base { get; init; }

    /// <summary>The model that training started from, or that was quantised; null for a registered model.</summary>
    public string? ParentId { get; init; }

    /// <summary>The training run that produced it.</summary>
    public string? TrainingRunId { get; init; }

    /// <summary>The conversion that produced it.</summary>
    public string? ConversionId { get; init; }

    /// <summary>The run whose round trained it; null if a user created the training.</summary>
    public string? RunId { get; init; }

    public int? Round { get; init; }

    /// <summary>Its training data; null if nothing here trained it.</summary>
    public ImmutableArray<TrainingSource>? Datasets { get; init; }

    /// <summary>SHA-256 of the training rows.</summary>
    public string? DatasetHash { get; init; }

    /// <summary>Whether its file came over HTTP; then it is deleted with the model if somebody asks.</summary>
    public bool Uploaded { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <exception cref="InvalidOperationException">It is an adapter that was read without its <see cref="Base"/>.</exception>
    public ModelFile In(string modelsFolder)
    {
        var path = System.IO.Path.Combine(modelsFolder, Path);
        if (BaseId is null)
            return new(path, Sha256, Template);
        var baseModel = Base
            ?? throw new InvalidOperationException($"Model {Id} was read without its base {BaseId}; include Base in the query.");
        return new(System.IO.Path.Combine(modelsFolder, baseModel.Path), baseModel.Sha256, Template) { Adapter = new(path, Sha256) };
    }
}
