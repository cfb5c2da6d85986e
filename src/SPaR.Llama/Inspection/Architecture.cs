using System.Collections.Immutable;
using static SPaR.Llama.Inspection.TensorRole;

namespace SPaR.Llama.Inspection;

/// <summary>What a tensor is used for, and so the types that it may have.</summary>
internal enum TensorRole
{
    /// <summary>Multiplied with vectors; any type of language models.</summary>
    Matrix,

    /// <summary>Added to or multiplied with vectors number by number: F32.</summary>
    Vector,
}

/// <param name="Dimensions">The fastest-varying dimension first.</param>
/// <param name="Required">Whether a file without it is refused.</param>
internal sealed record TensorRule(string Name, TensorRole Role, ImmutableArray<long> Dimensions, bool Required = true);

/// <summary>One layer of a file.</summary>
/// <param name="Has">Whether the file has the tensor of this name.</param>
internal readonly record struct Layer(string Prefix, ModelShape Shape, Func<string, bool> Has);

/// <summary>Factors of the rotation by position, which some files have.</summary>
internal enum RopeTensors
{
    None,

    /// <summary>One for each frequency (Llama 3), or, with the scaling "longrope", as <see cref="ShortAndLong"/>.</summary>
    Frequencies,

    /// <summary>One list for short texts and one for long texts (Phi-3).</summary>
    ShortAndLong,
}

/// <summary>A family of models: the tensors of a file, and the metadata that only this family has.</summary>
/// <param name="Name">In the file.</param>
/// <param name="Parts">The parts of a layer; see <see cref="LayerParts"/>.</param>
internal sealed record Architecture(string Name, params ImmutableArray<Func<Layer, IEnumerable<TensorRule>>> Parts)
{
    /// <summary>The keys that llama.cpp reads of this architecture only, without its name.</summary>
    public ImmutableArray<KeyRule> Keys { get; init; } = [];

    public RopeTensors Rope { get; init; }

    /// <summary>Whether the output may be a matrix of its own; otherwise it is the embedding.</summary>
    public bool HasOutput { get; init; } = true;

    public bool HasOutputBias { get; init; }

    /// <summary>Whether all heads together must be as wide as the embedding.</summary>
    public bool HeadsFillWidth { get; init; }

    /// <summary>Whether the whole width of a head must rotate.</summary>
    public bool WholeHeadsRotate { get; init; }

    public bool HasExperts { get; init; }

    public bool HasSharedExpert { get; init; }

    /// <summary>The matrices of a layer that adapters cannot change: llama.cpp sets the precision of what it takes for their product, and
    /// aborts where that is a sum.</summary>
    public ImmutableArray<string> FixedMatrices { get; init; } = [];

    public string Prefix => Name + ".";

    public IEnumerable<TensorRule> Tensors(ModelShape shape, Func<string, bool> has) =>
        OutsideLayers(shape).Concat(
            from number in Enumerable.Range(0, (int)shape.Layers)
            from part in Parts
            from rule in part(new($"blk.{number}.", shape, has))
            select rule);

    private IEnumerable<TensorRule> OutsideLayers(ModelShape shape)
    {
        yield return new("token_embd.weight", Matrix, [shape.Width, shape.Vocabulary]);
        yield return new("output_norm.weight", Vector, [shape.Width]);
        if (HasOutput)
            yield return new("output.weight", Matrix, [shape.Width, shape.Vocabulary], Required: false);
        if (HasOutputBias)
            yield return new("output.bias", Vector, [shape.Vocabulary], Required: false);
        if (Rope == RopeTensors.ShortAndLong || (Rope == RopeTensors.Frequencies && shape.LongRope))
        {
            yield return new("rope_factors_long.weight", Vector, [shape.Rotary / 2], Required: false);
            yield return new("rope_factors_short.weight", Vector, [shape.Rotary / 2], Required: false);
        }
        else if (Rope == RopeTensors.Frequencies)
            yield return new("rope_freqs.weight", Vector, [shape.Rotary / 2], Required: false);
    }
}
