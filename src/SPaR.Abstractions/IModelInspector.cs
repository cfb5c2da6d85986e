namespace SPaR.Abstractions;

/// <summary>Reads a model file in managed code only, so that a broken file cannot crash the process.</summary>
public interface IModelInspector
{
    /// <param name="template">The chat template's name; null to recognise the one in the file.</param>
    /// <exception cref="ModelRejectedException">The file is missing, malformed, or of an unknown architecture or template.</exception>
    ModelDescription Inspect(string path, string? template);

    /// <param name="basePath">The file of the adapter's base model.</param>
    /// <exception cref="ModelRejectedException">The file is missing or malformed, is not an adapter, or belongs to another base
    /// model.</exception>
    AdapterDescription InspectAdapter(string path, string basePath);

    /// <summary>The names of the chat templates that a model may be registered with.</summary>
    IReadOnlyList<string> Templates { get; }
}

/// <summary>Computes from a model's files what it will take to run it, with the settings of this process. Managed code only.</summary>
public interface IEngineMemory
{
    /// <returns>Bytes; for a process without a GPU.</returns>
    /// <exception cref="ModelRejectedException">A file is missing or malformed.</exception>
    long Of(ModelFile file);
}

/// <param name="Parameters">Number of weights.</param>
/// <param name="ContextLength">The context that the model was trained with, in tokens.</param>
/// <param name="FileType">The type of most weights: <c>F32</c>, <c>F16</c>, <c>BF16</c>, <c>Q8_0</c>, …</param>
/// <param name="Template">The resolved name of the chat template.</param>
public sealed record ModelDescription(
    string Architecture, string? Name, long Parameters, int ContextLength, int VocabularySize, string FileType, string Template);

/// <param name="Parameters">Number of weights, without those of the base model.</param>
/// <param name="FileType">The type of most weights.</param>
public sealed record AdapterDescription(long Parameters, string FileType);
