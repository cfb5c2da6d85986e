using System.Collections.Immutable;

namespace SPaR.Torch.Families;

/// <summary>What sets the blocks of one architecture apart. All have a norm, grouped-query attention with rotary positions, a norm and a
/// gated feed-forward network, with a residual around each half. Queries, keys and values are three matrices or one, with or without
/// biases: the file decides.</summary>
/// <param name="Architecture">The file's <c>general.architecture</c>.</param>
internal sealed record ModelFamily(string Architecture)
{
    public RotaryPairs Rotary { get; init; } = RotaryPairs.Halves;

    /// <summary>Whether llama.cpp loads only files whose heads rotate in their whole width.</summary>
    public bool WholeHeadsRotate { get; init; }

    /// <summary>Whether llama.cpp loads only files whose heads together are as wide as the model.</summary>
    public bool HeadsFillWidth { get; init; }

    /// <summary>Whether a file may have a factor for each frequency of the rotation.</summary>
    public bool HasFrequencyFactors { get; init; }

    /// <summary>Whether each head's queries and keys are normalised before they rotate.</summary>
    public bool HasQueryAndKeyNorms { get; init; }

    /// <summary>Whether what attention and the feed-forward network return is normalised before it is added to the residual.</summary>
    public bool HasPostNorms { get; init; }

    /// <summary>Whether gate and up projection are one matrix, <c>ffn_up</c>, the gate first.</summary>
    public bool HasFusedGate { get; init; }

    public GateActivation Gate { get; init; } = GateActivation.Silu;

    /// <summary>Whether embeddings are multiplied by the root of their width.</summary>
    public bool ScalesEmbedding { get; init; }

    public bool HasOutputBias { get; init; }

    /// <summary>Whether scores are divided by √(width / heads) instead of by the root of a head's width.</summary>
    /// <remarks>By the number of layers, as in llama.cpp: no key in the file says it.</remarks>
    public Func<int, bool> ScalesScoresByWidth { get; init; } = _ => false;

    /// <summary>Null where every layer sees all positions, whatever the file says of a window: so it is in llama.cpp.</summary>
    public LocalLayers? Local { get; init; }

    /// <summary>The matrices of a block whose adapters llama.cpp cannot apply.</summary>
    public ImmutableArray<string> FixedMatrices { get; init; } = [];
}

/// <summary>Which two of a head's numbers rotate together; w of them rotate.</summary>
internal enum RotaryPairs
{
    /// <summary>2i and 2i + 1.</summary>
    Adjacent,

    /// <summary>i and i + w / 2.</summary>
    Halves,
}

internal enum GateActivation
{
    Silu,

    /// <summary>With tanh in place of the error function.</summary>
    Gelu,
}

/// <summary>Layers that see the last positions only (<c>attention.sliding_window</c>): of each <paramref name="Period"/> layers all but the
/// last.</summary>
/// <param name="RopeBase">Where <c>rope.freq_base_swa</c> is missing. Positions are not scaled.</param>
internal sealed record LocalLayers(int Period, double RopeBase);
