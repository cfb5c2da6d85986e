using SPaR.Abstractions;
using SPaR.Training;

namespace SPaR.Models;

/// <summary>A registered model: a GGUF file under the models folder, checked once and known by its content.</summary>
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

    /// <summary>The model that training made it from; null for one that was registered.</summary>
    public string? ParentId { get; init; }

    /// <summary>The training run that made it.</summary>
    public string? TrainingRunId { get; init; }

    /// <summary>The run, and its round, that had it trained; null where a user asked for the training.</summary>
    public string? RunId { get; init; }

    public int? Round { get; init; }

    /// <summary>What it was trained on.</summary>
    public TrainingSource? Dataset { get; init; }

    /// <summary>SHA-256 of the rows it was trained on.</summary>
    public string? DatasetHash { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public ModelFile In(string modelsFolder) => new(System.IO.Path.Combine(modelsFolder, Path), Sha256, Template);
}
