using SPaR.MicroWorld;

namespace SPaR.Integration.Tests.Llama.Corpus;

/// <summary>A model file, or an adapter's, that may be broken in any way.</summary>
/// <param name="Kind">How it was made.</param>
/// <param name="Base">The path of the adapter's base; null for a model.</param>
/// <param name="IsSpoilt">Whether its weights may be such that it cannot compute.</param>
internal sealed record HostileFile(string Kind, byte[] Bytes, string? Base = null, bool IsSpoilt = false)
{
    private static readonly uint[] Sizes = [1, 2, 3, 4, 6, 7, 8, 16, 31, 32, 33, 48, 64, 256];

    /// <param name="bases">The path of a file of each of <see cref="TinyFamily.Published"/>.</param>
    /// <param name="seed">Makes the same file again.</param>
    public static HostileFile Make(IReadOnlyList<string> bases, int seed)
    {
        var random = new Random(seed);
        var number = random.Next(bases.Count);
        var (family, path) = (TinyFamily.Published[number], bases[number]);
        switch (random.Next(10))
        {
            case 0:
                return new($"{family}, another shape", OfAnotherShape(family, random).Build(random).ToBytes());
            case 1:
                var wide = family with { Width = 256, Heads = 2, HeadWidth = 128, Inner = 256, Layers = 1 };
                return Changed(wide.ToString(), wide.Build(random), random);
            case 2:
                var spoilt = RawGguf.Read(path);
                Mutations.SpoilWeights(spoilt, random);
                return new($"{family}, weights", spoilt.ToBytes(), IsSpoilt: true);
            case 3:
                return new($"{family}, bytes", Mutations.SpoilBytes(File.ReadAllBytes(path), random), IsSpoilt: true);
            case 4:
                return Changed("micro", RawGguf.Read(MicroModel.Path), random);
            case 5 or 6:
                return Changed($"adapter of {family}", TinyLora.Build(RawGguf.Read(path), random), random) with { Base = path };
            default:
                return Changed(family.ToString(), RawGguf.Read(path), random);
        }
    }

    private static HostileFile Changed(string name, RawGguf raw, Random random)
    {
        var kind = $"{name}, {Mutations.Apply(raw, random)}";
        return new(kind, raw.ToBytes());
    }

    /// <summary>Metadata and tensors agree, but on sizes that nobody has.</summary>
    private static TinyFamily OfAnotherShape(TinyFamily family, Random random)
    {
        var shape = family with
        {
            Layers = (uint)random.Next(1, 4),
            Width = Sizes[random.Next(Sizes.Length)],
            Heads = Sizes[random.Next(6)],
            KeyValueHeads = Sizes[random.Next(6)],
            HeadWidth = Sizes[random.Next(Sizes.Length)],
            Inner = Sizes[random.Next(Sizes.Length)],
            Experts = family.Experts == 0 ? (uint)(random.Next(10) == 0 ? 4 : 0) : Sizes[random.Next(6)],
            Fused = random.Next(2) == 0,
            Optional = random.Next(2) == 0,
        };
        // One layer more than llama.cpp has room for.
        return random.Next(20) == 0 ? shape with { Layers = 513, Width = 4, Heads = 1, HeadWidth = 4, Inner = 4, Experts = 0 } : shape;
    }
}
