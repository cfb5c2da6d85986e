using SPaR.Llama.Binding;
using SPaR.Llama.Decoding;
using SPaR.Llama.Memory;
using SPaR.Llama.Scheduling;

namespace SPaR.Llama.Models;

/// <summary>How the engine uses the machine. Bound to the section <c>Llama</c>.</summary>
public sealed class LlamaOptions
{
    /// <summary>One thread evaluates a model with fewer weights than this faster than several: in each of the hundred or so operations of a
    /// step, they would wait for each other longer than they compute.</summary>
    internal const ulong SmallModel = 10_000_000;

    private const int FewestCells = 1536, WeightsPerHeadCell = 470;

    /// <summary>How many layers of a model run on the GPU, starting from the last; the output layer counts as one. Default: all. Ignored
    /// without a GPU, or if the libraries are not built for one.</summary>
    public int? GpuLayers { get; set; }

    /// <summary>Threads that evaluate a batch. Default: 1 for a model of fewer than 10 million weights, else one per processor. More
    /// threads than free processors slow everything down, as they spin while they wait for each other.</summary>
    public int? Threads { get; set; }

    /// <summary>The most tokens that the prompt and the generation of one request may have together. Default: the context that the model
    /// was trained with, at most 8192.</summary>
    public int? ContextTokens { get; set; }

    /// <summary>The number of KV cells, one for each cached token. Default: 512 for each sequence, and at least one whole
    /// context.</summary>
    public int? Cells { get; set; }

    /// <summary>Above this number of used KV cells, no new sequences are admitted and unused prefixes are evicted: every token of a batch
    /// visits every used cell, if only to skip it. Default: 1536, or more for a model whose weights cost much more than its attention;
    /// <c>./spar bench inference</c> compares several. Raise it if the same prompts come again and should be found in the
    /// cache.</summary>
    public int? ResidentCells { get; set; }

    /// <summary>The most samples that a model generates at once.</summary>
    public int Sequences { get; set; } = 64;

    /// <summary>The most tokens in one batch.</summary>
    public int BatchTokens { get; set; } = 512;

    /// <summary>The most memory that all models of a worker may take together, in bytes; at least 1 MiB. Default: what the machine or the
    /// process's control group has free when a model is loaded. Models that do not fit together take turns.</summary>
    public long? MemoryBytes { get; set; }

    /// <summary>Program and first arguments of a model's process. Default: this program with <c>--role engine</c>.</summary>
    public IList<string> Command { get; } = [];

    /// <summary>Wraps the context that the scheduler uses, to record its calls. For measurements only; not a setting.</summary>
    internal Func<LlamaContext, IDecoder>? WrapDecoder { get; set; }

    /// <summary>Whether samples continue after the token that ends the turn, so that each reaches its limit. For measurements only; not a
    /// setting.</summary>
    internal bool IgnoreEndOfTurn { get; set; }

    /// <returns>An error for each invalid setting, with its name.</returns>
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

    /// <summary>A token costs one operation for each weight, and one for each used cell in each head of each layer. Scales the number of
    /// cells at which the benchmark's model runs fastest to other shapes.</summary>
    internal int ResidentCellsOf(ulong parameters, int heads, int layers) =>
        ResidentCells ?? (int)Math.Clamp((double)parameters / ((long)heads * layers) / WeightsPerHeadCell, FewestCells, 1 << 24);

    /// <param name="trained">The context that the model was trained with, in tokens.</param>
    internal int ContextTokensOf(int trained) => ContextTokens ?? Math.Min(Math.Min(trained, 8192), Cells ?? int.MaxValue);

    internal ContextShape ShapeOf(int trained) =>
        new(Cells ?? Math.Max(ContextTokensOf(trained), Sequences * 512), SchedulerOptions.Slots(Sequences), BatchTokens);
}
