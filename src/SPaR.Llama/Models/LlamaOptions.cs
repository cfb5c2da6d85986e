using SPaR.Llama.Binding;
using SPaR.Llama.Decoding;
using SPaR.Llama.Memory;
using SPaR.Llama.Scheduling;

namespace SPaR.Llama.Models;

/// <summary>How the engine uses the machine. Bound from the section <c>Llama</c>.</summary>
public sealed class LlamaOptions
{
    /// <summary>A model with fewer weights than this is evaluated faster by one thread than by several: the threads would wait for each
    /// other, at every one of some hundred operations of a step, longer than they work.</summary>
    internal const ulong SmallModel = 10_000_000;

    private const int FewestCells = 1536, WeightsPerCellOfAHead = 470;

    /// <summary>How many layers of a model, from the last on, are computed on a graphics processor; what turns their result into logits
    /// counts as the last of them. By default all, where the libraries are built for one and there is one; without one it means
    /// nothing.</summary>
    public int? GpuLayers { get; set; }

    /// <summary>Threads that evaluate a batch. By default 1 for a model of less than 10 million weights, else one per processor. More
    /// threads than free processors slow everything down, as they wait for each other spinning.</summary>
    public int? Threads { get; set; }

    /// <summary>The most tokens that prompt and generation of one request may have together. By default what the model was trained with,
    /// but at most 8192.</summary>
    public int? ContextTokens { get; set; }

    /// <summary>KV cells in all, one for each token that is held. By default enough for 512 tokens of every sequence, and for one whole
    /// context.</summary>
    public int? Cells { get; set; }

    /// <summary>While more cells than this are in use, nothing new is begun beside what runs, and what was computed and nobody needs is
    /// dropped: every token of a batch looks at every cell in use, if only to pass it over. By default 1536 or, for a model whose weights
    /// take long beside its attention, more; <c>./spar bench inference</c> compares some. More is for prompts that come again and should
    /// be found.</summary>
    public int? ResidentCells { get; set; }

    /// <summary>The most samples that are generated at once, by model.</summary>
    public int Sequences { get; set; } = 64;

    /// <summary>The most tokens that are evaluated in one step.</summary>
    public int BatchTokens { get; set; } = 512;

    /// <summary>The most memory that the models of a worker may take together, in bytes, at least 1 MiB. By default what the machine or
    /// the control group of the process has free when a model is loaded. Models that do not fit together take turns.</summary>
    public long? MemoryBytes { get; set; }

    /// <summary>Program and first arguments of the process of a model; by default this program with <c>--role engine</c>.</summary>
    public IList<string> Command { get; } = [];

    /// <summary>Stands between the scheduler and a context, to see what is asked of it. For measurements, not part of the
    /// configuration.</summary>
    internal Func<LlamaContext, IDecoder>? Watch { get; set; }

    /// <summary>Whether a token that ends the turn is one like any other, so that every sample reaches its limit. For measurements, not
    /// part of the configuration.</summary>
    internal bool NothingEnds { get; set; }

    /// <returns>What is wrong, each with the field's name; empty if nothing is.</returns>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        Range("GpuLayers", GpuLayers, 0, 1 << 16);
        Range("Threads", Threads, 1, 512);
        Range("ContextTokens", ContextTokens, 16, 1 << 20);
        Range("Cells", Cells, 16, 1 << 24);
        Range("ResidentCells", ResidentCells, 0, 1 << 24);
        Range("Sequences", Sequences, 1, 256);
        Range("BatchTokens", BatchTokens, 1, 1 << 16);
        if (MemoryBytes < 1 << 20)
            errors.Add($"Llama:MemoryBytes must be at least 1048576 (1 MiB); it is {MemoryBytes}.");
        if (BatchTokens < Sequences)
            errors.Add(
                $"Llama:BatchTokens must be at least Llama:Sequences ({Sequences}), "
                + $"so that every sequence has a token in each step; it is {BatchTokens}.");
        if (Cells < ContextTokens)
            errors.Add($"Llama:Cells must be at least Llama:ContextTokens ({ContextTokens}), so that one request fits; it is {Cells}.");
        return errors;

        void Range(string name, int? value, int least, int most)
        {
            if (value < least || value > most)
                errors.Add($"Llama:{name} must be from {least} to {most}; it is {value}.");
        }
    }

    /// <summary>A token pays for each weight once, and for each cell in use once in each head of each layer: the number of cells at which
    /// the benchmark's model runs fastest, carried over to other shapes.</summary>
    internal int ResidentCellsOf(ulong parameters, int heads, int layers) =>
        ResidentCells ?? (int)Math.Clamp((double)parameters / ((long)heads * layers) / WeightsPerCellOfAHead, FewestCells, 1 << 24);

    /// <param name="trained">The context that the model was trained with.</param>
    internal int ContextTokensOf(int trained) => ContextTokens ?? Math.Min(Math.Min(trained, 8192), Cells ?? int.MaxValue);

    internal ContextShape ShapeOf(int trained) =>
        new(Cells ?? Math.Max(ContextTokensOf(trained), Sequences * 512), SchedulerOptions.Slots(Sequences), BatchTokens);
}
