using System.Collections.Immutable;
using SPaR.Abstractions;
using SPaR.Method.Recipes;

namespace SPaR.Method.Items;

/// <summary>One item on its way from instruction to pair, with everything its steps need.</summary>
/// <param name="Ordinal">The instruction's position in its set; seeds derive from it.</param>
public sealed record ItemRun(
    ItemKey Key, int Ordinal, IReadOnlyList<ChatMessage> Prompt, long RunSeed, Recipe Recipe, RunModels Models, IJournal Journal)
{
    /// <summary>Checks answers exactly; null where nothing of the instruction can be checked.</summary>
    public IVerifier? Verifier { get; init; }

    /// <summary>An item of its own, outside any run: the instruction is one user message.</summary>
    /// <param name="recipe">Null for the paper's options and prompts.</param>
    public static ItemRun Alone(string instruction, RunModels models, IJournal journal, Recipe? recipe = null, long seed = 0) =>
        new(new("alone", 0, "instruction"), 0, [new("user", instruction)], seed, recipe ?? new(), models, journal);

    /// <summary>What the engine keeps computed for this item.</summary>
    internal PrefixLeases Prefixes { get; } = new();

    /// <summary>The seed of a place in this item: the step first, then index, path or attempt.</summary>
    internal ulong Seed(params ReadOnlySpan<object> position) =>
        Items.Seed.Derive(RunSeed, [Key.Round, Ordinal, .. position]);

    /// <summary>A request of this item, which stands in the lane of its run.</summary>
    internal GenerationRequest Request(
        Conversation conversation, SamplingOptions sampling, ImmutableArray<ulong> seeds, string purpose, bool retain = false) =>
        new(conversation, sampling, seeds, purpose)
        {
            Priority = new(Key.RunId, Ordinal),
            Retain = retain,
            Deterministic = Recipe.Deterministic,
        };

    /// <summary>The same, for what is scored.</summary>
    internal ScoringRequest Scoring(Conversation conversation, string partial, ImmutableArray<string> continuations, string purpose) =>
        new(conversation, partial, continuations, purpose) { Priority = new(Key.RunId, Ordinal), Deterministic = Recipe.Deterministic };
}

/// <summary>The models of a run. The refiner judges unless a third model is named.</summary>
public sealed record RunModels(ITextModel Actor, ITextModel Refiner, ITextModel Judge)
{
    /// <summary>One model in all three roles.</summary>
    public RunModels(ITextModel model)
        : this(model, model, model)
    {
    }

    /// <summary>The refiner judges, too.</summary>
    public RunModels(ITextModel actor, ITextModel refiner)
        : this(actor, refiner, refiner)
    {
    }

    /// <summary>Twice as many items as a batch holds samples, so that it is full while results are stored.</summary>
    internal int InFlight => 2 * new[] { Actor, Refiner, Judge }.Max(model => model.Sequences);
}
