namespace SPaR.HuggingFace.Safetensors;

/// <param name="Shape">The slowest-varying dimension first; a single number has none.</param>
/// <param name="Offset">In bytes from the start of the file.</param>
internal sealed record SafetensorsTensor(string Name, SafetensorsType Type, ImmutableArray<long> Shape, long Offset, long Bytes);

/// <summary>The header of a safetensors file: everything but the numbers.</summary>
/// <param name="Tensors">In the order of their data.</param>
internal sealed record SafetensorsFile(
    string Path, ImmutableArray<SafetensorsTensor> Tensors, IReadOnlyDictionary<string, string> Metadata);
