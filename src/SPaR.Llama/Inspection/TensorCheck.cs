using System.Collections.Immutable;
using SPaR.Gguf;

namespace SPaR.Llama.Inspection;

/// <summary>Compares the tensors of a file with those that its architecture has. llama.cpp loads neither fewer nor more, and aborts while
/// it computes with types that an operation does not have.</summary>
internal static class TensorCheck
{
    /// <summary>ggml's buffers start at a multiple of this, and the file is mapped as a buffer.</summary>
    private const int BufferAlignment = 32;

    /// <summary>The types that ggml multiplies.</summary>
    private static readonly ImmutableHashSet<string> MatrixTypes =
    [
        "F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ1_S", "IQ1_M", "IQ2_XXS",
        "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ4_NL", "IQ4_XS", "TQ1_0", "TQ2_0", "MXFP4",
    ];

    public static void Check(string path, GgufFile file, Architecture architecture, ModelShape shape)
    {
        var tensors = file.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
        var rules = architecture.Tensors(shape, tensors.ContainsKey).ToDictionary(r => r.Name, StringComparer.Ordinal);
        foreach (var tensor in file.Tensors)
            Check(
                path, tensor, file.DataOffset,
                rules.GetValueOrDefault(tensor.Name) ?? throw Metadata.Malformed(
                    path,
                    $"has the tensor '{tensor.Name}', which is not in the architecture '{architecture.Name}' with the "
                    + $"{shape.Layers} layers of {architecture.Prefix}block_count"));
        if (rules.Values.FirstOrDefault(r => r.Required && !tensors.ContainsKey(r.Name)) is { } missing)
            throw Metadata.Malformed(
                path, $"has no tensor '{missing.Name}', which the architecture '{architecture.Name}' has in all {shape.Layers} layers of "
                + $"{architecture.Prefix}block_count");
    }

    public static bool CanMultiply(GgufTensor tensor) => MatrixTypes.Contains(tensor.Type.Name);

    public static string Shown(IEnumerable<long> dimensions) => $"[{string.Join(", ", dimensions)}]";

    public static string AllMatrixTypes { get; } = string.Join(", ", MatrixTypes.Order(StringComparer.Ordinal));

    private static void Check(string path, GgufTensor tensor, long dataOffset, TensorRule rule)
    {
        if (!Trimmed(tensor.Dimensions).SequenceEqual(Trimmed(rule.Dimensions)))
            throw Metadata.Malformed(
                path,
                $"has the tensor '{tensor.Name}' of the shape {Shown(tensor.Dimensions)}; the metadata require {Shown(rule.Dimensions)}");
        var (allowed, types) = rule.Role == TensorRole.Vector
            ? (tensor.Type == GgufTensorType.F32, "F32")
            : (CanMultiply(tensor), $"one of {AllMatrixTypes}");
        if (!allowed)
            throw Metadata.Malformed(path, $"has the tensor '{tensor.Name}' of the type {tensor.Type.Name}; it must be {types}");
        if ((dataOffset + tensor.Offset) % BufferAlignment != 0)
            throw Metadata.Malformed(
                path,
                $"has the tensor '{tensor.Name}' at byte {dataOffset + tensor.Offset}; it must be at a multiple of {BufferAlignment}");
    }

    /// <summary>llama.cpp takes a missing dimension for 1.</summary>
    private static IEnumerable<long> Trimmed(ImmutableArray<long> dimensions) =>
        dimensions.Reverse().SkipWhile(d => d == 1).Reverse();
}
