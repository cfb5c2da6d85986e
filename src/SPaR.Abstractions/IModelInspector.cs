namespace SPaR.Abstractions;

/// <summary>Reads a model file in managed code only, so that a process that must not crash may ask.</summary>
public interface IModelInspector
{
    /// <param name="path">The file.</param>
    /// <param name="template">The chat template's name, or null to recognise the one in the file.</param>
    /// <exception cref="ModelRejectedException">The file is missing, malformed, or of an unknown architecture or template.</exception>
    ModelDescription Inspect(string path, string? template);

    /// <param name="path">The adapter's file.</param>
    /// <param name="basePath">The file of the model that it belongs to.</param>
    /// <exception cref="ModelRejectedException">The file is missing, malformed, no adapter, or one of another base.</exception>
    AdapterDescription InspectAdapter(string path, string basePath);

    /// <summary>The names that a model may be registered with.</summary>
    IReadOnlyList<string> Templates { get; }
}

/// <param name="Parameters">Number of weights.</param>
/// <param name="ContextLength">The context that the model was trained with, in tokens.</param>
/// <param name="FileType">Of most of the weights: <c>F32</c>, <c>F16</c>, <c>BF16</c>, <c>Q8_0</c>, …</param>
/// <param name="Template">The resolved name of the chat template.</param>
public sealed record ModelDescription(
    string Architecture, string? Name, long Parameters, int ContextLength, int VocabularySize, string FileType, string Template);

/// <param name="Parameters">Number of weights, the base's left out.</param>
/// <param name="FileType">Of most of them.</param>
public sealed record AdapterDescription(long Parameters, string FileType);
