using SPaR.Gguf;
using SPaR.HuggingFace.Config;
using SPaR.HuggingFace.Families;

namespace SPaR.HuggingFace;

/// <summary>The base model of an adapter: its matrices by both names.</summary>
internal sealed record AdapterBase(string Path, string Architecture, ModelShape Shape, ImmutableArray<TensorPair> Matrices)
{
    /// <exception cref="ModelRejectedException">With the codes of <see cref="GgufReader.Read"/>, <c>unknown-architecture</c> or
    /// <c>unsupported-model</c>.</exception>
    public static AdapterBase Read(string path)
    {
        var file = GgufReader.Read(path);
        var family = ModelFamilies.Of(path, file, SourceFiles.Kept(path, file, SourceFiles.Config));
        // The scaling of positions does not matter to an adapter.
        var shape = GgufSettings.Read(path, file, family.Config, RopeScaling.None).Shape;
        if (shape.Layers > file.Tensors.Length)
            throw new ModelRejectedException(
                "malformed", $"{path}: has {file.Tensors.Length} tensors, too few for {shape.Layers} layers. Convert the model again.");
        var names = file.Tensors.Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        return new(path, family.Architecture, shape, [.. family.Of(shape).Where(p => !p.IsVector && names.Contains(p.Gguf))]);
    }

    /// <exception cref="ModelRejectedException"><c>adapter-mismatch</c>.</exception>
    public TensorPair Find(string adapter, string name, Func<TensorPair, bool> match) => Matrices.FirstOrDefault(match) ?? throw Mismatch(
        adapter, $"changes the matrix '{name}', which the base does not have");

    /// <param name="a">[rank, in]</param>
    /// <param name="b">[out, rank]</param>
    /// <exception cref="ModelRejectedException"><c>adapter-mismatch</c>.</exception>
    public void RequireShapes(string adapter, TensorPair pair, IEnumerable<long> a, IEnumerable<long> b, int rank)
    {
        if (!a.SequenceEqual([rank, pair.Shape[1]]) || !b.SequenceEqual([pair.Shape[0], rank]))
            throw Mismatch(
                adapter, $"has [{string.Join(", ", a)}] and [{string.Join(", ", b)}] of rank {rank} for the matrix '{pair.HuggingFace}', "
                + $"which has [{string.Join(", ", pair.Shape)}] in the base");
    }

    private ModelRejectedException Mismatch(string adapter, string what) => new(
        "adapter-mismatch", $"{adapter}: {what}. It was not trained from {Path}; name its own base model.");
}
