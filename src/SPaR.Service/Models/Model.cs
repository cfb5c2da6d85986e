using SPaR.Abstractions;

namespace SPaR.Service.Models;

/// <summary>A registered model: a GGUF file under the models folder, checked once and known by its content. One with a base is a low-rank
/// adapter: path, content and size are the adapter's, and so are its weights.</summary>
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

    /// <summary>The model whose weights it is applied to; null for a model of its own.</summary>
    public string? BaseId { get; init; }

    /// <summary>There where a query asked for it.</summary>
    public Model? Base { get; init; }

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

    /// <exception cref="InvalidOperationException">It is an adapter, and was read without its <see cref="Base"/>.</exception>
    public ModelFile In(string modelsFolder)
    {
        var path = System.IO.Path.Combine(modelsFolder, Path);
        if (BaseId is null)
            return new(path, Sha256, Template);
        var under = Base ?? throw new InvalidOperationException($"The model {Id} was read without its base {BaseId}.");
        return new(System.IO.Path.Combine(modelsFolder, under.Path), under.Sha256, Template) { Adapter = new(path, Sha256) };
    }
}
