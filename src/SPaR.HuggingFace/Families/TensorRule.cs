using SPaR.HuggingFace.Config;

namespace SPaR.HuggingFace.Families;

/// <summary>How a tensor differs between the two formats.</summary>
internal enum TensorChange
{
    None,

    /// <summary>The rows of each query head: transformers rotates the first half of a head with the second, llama.cpp neighbours.</summary>
    QueryRows,

    /// <summary>As <see cref="QueryRows"/>, for the heads of keys.</summary>
    KeyRows,

    /// <summary>llama.cpp multiplies with the number, transformers with 1 + the number (Gemma's norms).</summary>
    PlusOne,
}

/// <summary>One tensor, or with * the same tensor of each layer.</summary>
/// <param name="Gguf">Its name in GGUF, without <c>.weight</c> or <c>.bias</c>.</param>
/// <param name="HuggingFace">Its name in safetensors, likewise.</param>
/// <param name="Shape">The slowest-varying dimension first: [out, in], or [width] of a vector.</param>
internal sealed record TensorRule(
    string Gguf, string HuggingFace, Func<ModelShape, ImmutableArray<long>> Shape, TensorChange Change = TensorChange.None)
{
    public string Suffix { get; init; } = ".weight";

    public bool Required { get; init; } = true;

    /// <summary>The rule of the bias that this matrix may have.</summary>
    public TensorRule WithBias() => this with { Suffix = ".bias", Required = false, Shape = shape => [Shape(shape)[0]] };
}

/// <summary>A tensor of a model: both names, and the shape that the settings require.</summary>
internal sealed record TensorPair(string Gguf, string HuggingFace, ImmutableArray<long> Shape, TensorChange Change, bool Required)
{
    public bool IsVector => Shape.Length == 1;
}
