using System.Collections.Frozen;

namespace SPaR.Gguf.Blocks;

/// <summary>Turns the blocks of a quantised tensor into numbers, bit for bit as ggml does. Knows no files and no tensors.</summary>
public static class QuantisedBlocks
{
    private delegate void ReadBlock(ReadOnlySpan<byte> block, Span<float> numbers);

    private static readonly FrozenDictionary<string, ReadBlock> Readers = new Dictionary<string, ReadBlock>
    {
        ["Q4_0"] = Q4Block.ReadQ4_0,
        ["Q4_1"] = Q4Block.ReadQ4_1,
        ["Q5_0"] = Q5Block.ReadQ5_0,
        ["Q5_1"] = Q5Block.ReadQ5_1,
        ["Q8_0"] = Q8Block.Read,
        ["Q4_K"] = Q4KBlock.Read,
        ["Q5_K"] = Q5KBlock.Read,
        ["Q6_K"] = Q6KBlock.Read,
    }.ToFrozenDictionary();

    /// <summary>The names of the types that can be read.</summary>
    public static IReadOnlyCollection<string> Types { get; } = [.. Readers.Keys.Order(StringComparer.Ordinal)];

    /// <param name="blocks">Whole blocks of the type, one after the other.</param>
    /// <param name="numbers">As many numbers as the blocks hold.</param>
    /// <exception cref="ArgumentException">The lengths do not fit each other, or the type cannot be read.</exception>
    public static void Read(GgufTensorType type, ReadOnlySpan<byte> blocks, Span<float> numbers)
    {
        if (!Readers.TryGetValue(type.Name, out var read))
            throw new ArgumentException($"{type.Name} cannot be read; use one of {string.Join(", ", Types)}.", nameof(type));
        var count = numbers.Length / type.BlockSize;
        if (count * type.BlockSize != numbers.Length || (long)count * type.BlockBytes != blocks.Length)
            throw new ArgumentException(
                $"{blocks.Length} bytes of {type.Name} do not hold {numbers.Length} numbers.", nameof(numbers));
        for (var i = 0; i < count; i++)
            read(blocks.Slice(i * type.BlockBytes, type.BlockBytes), numbers.Slice(i * type.BlockSize, type.BlockSize));
    }
}
