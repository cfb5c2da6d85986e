using Microsoft.Win32.SafeHandles;
using SPaR.HuggingFace.Config;
using SPaR.HuggingFace.Families;
using SPaR.HuggingFace.Safetensors;

namespace SPaR.HuggingFace;

/// <param name="Pair">What the family says of it.</param>
internal sealed record FolderTensor(TensorPair Pair, LocatedTensor Tensor);

/// <summary>Compares the tensors of a folder with those that its config requires: none may be missing, unknown or of another
/// shape.</summary>
internal static class FolderTensors
{
    private const int Chunk = 1 << 20;

    /// <param name="tied">Whether the output is the embedding.</param>
    /// <returns>In the order of the family.</returns>
    /// <exception cref="ModelRejectedException"><c>config-mismatch</c>, <c>unknown-tensor</c>, <c>unsupported-dtype</c> or
    /// <c>head-mismatch</c>.</exception>
    public static IReadOnlyList<FolderTensor> Match(
        string folder, Family family, ModelShape shape, IReadOnlyDictionary<string, LocatedTensor> tensors, bool tied)
    {
        // The counts of a config are compared with the tensors before a list of that length is made.
        if (shape.Layers > tensors.Count)
            throw Mismatch(folder, $"the config has {shape.Layers} layers, but there are only {tensors.Count} tensors");
        var rest = tensors.Where(t => !family.Ignored.Any(end => t.Key.EndsWith(end, StringComparison.Ordinal)))
            .ToDictionary(StringComparer.Ordinal);
        if (!tied && !tensors.ContainsKey(family.HeadName))
            throw new ModelRejectedException(
                "head-mismatch", $"{folder}: has no tensor '{family.HeadName}', but the config does not tie the output to the embedding. "
                + "Set tie_word_embeddings to true if the model has no head of its own; otherwise download the missing shard.");
        if (tied)
            rest.Remove(family.HeadName);
        List<FolderTensor> found = [];
        foreach (var pair in family.Of(shape))
            if (rest.Remove(pair.HuggingFace, out var tensor))
                found.Add(new(pair, Checked(pair, tensor)));
            else if (pair.Required)
                throw Mismatch(folder, $"there is no tensor '{pair.HuggingFace}', which a model of {shape.Layers} layers has");
        if (rest.Values.FirstOrDefault() is { } other)
            throw new ModelRejectedException(
                "unknown-tensor", $"{other.Path}: has the tensor '{other.Name}', which {family.Config.ClassName} with "
                + $"{shape.Layers} layers does "
                + "not have. Check the config; parts for images, adapters and extra heads cannot be converted.");
        return found;
    }

    /// <summary>A checkpoint may have the output although it is tied; then both must be the same, or one of them would be lost.</summary>
    /// <exception cref="ModelRejectedException"><c>head-mismatch</c>.</exception>
    public static void RequireEqual(LocatedTensor head, LocatedTensor embedding, Func<string, SafeFileHandle> open)
    {
        var equal = head.Type == embedding.Type && head.Tensor.Bytes == embedding.Tensor.Bytes;
        byte[] a = new byte[Chunk], b = new byte[Chunk];
        for (var done = 0L; equal && done < head.Tensor.Bytes; done += Chunk)
        {
            var count = (int)Math.Min(Chunk, head.Tensor.Bytes - done);
            TensorCopy.ReadExactly(open(head.Path), a.AsSpan(0, count), head.Tensor.Offset + done);
            TensorCopy.ReadExactly(open(embedding.Path), b.AsSpan(0, count), embedding.Tensor.Offset + done);
            equal = a.AsSpan(0, count).SequenceEqual(b.AsSpan(0, count));
        }
        if (!equal)
            throw new ModelRejectedException(
                "head-mismatch", $"{head.Path}: the tensor '{head.Name}' is not '{embedding.Name}', but the config ties the two. "
                + "Set tie_word_embeddings to false to keep the head, or remove the tensor.");
    }

    private static LocatedTensor Checked(TensorPair pair, LocatedTensor tensor)
    {
        if (!tensor.Shape.SequenceEqual(pair.Shape))
            throw Mismatch(
                tensor.Path, $"the tensor '{tensor.Name}' has the shape [{string.Join(", ", tensor.Shape)}], but the config requires "
                + $"[{string.Join(", ", pair.Shape)}]");
        if (!TensorCopy.Types.Any(t => t.Safetensors == tensor.Type))
            throw new ModelRejectedException(
                "unsupported-dtype", $"{tensor.Path}: the tensor '{tensor.Name}' has the dtype {tensor.Type.Name}. "
                + "Save the model in F32, F16 or BF16.");
        return tensor;
    }

    private static ModelRejectedException Mismatch(string path, string what) =>
        new("config-mismatch", $"{path}: {what}. Put the model's own config.json and all of its shards into the folder.");
}
