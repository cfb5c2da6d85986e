using System.Collections.Immutable;
using SPaR.Abstractions;
using SPaR.Instructions;
using SPaR.Verifying;

namespace SPaR.Runs;

/// <summary>One item on its way from instruction to pair, with everything its steps need.</summary>
/// <param name="Ordinal">The instruction's position in its set; seeds derive from it.</param>
public sealed record Walk(
    ItemKey Key, int Ordinal, IReadOnlyList<ChatMessage> Prompt, long RunSeed, Recipe Recipe, Players Players, IJournal Journal)
{
    /// <summary>Checks answers exactly; null where nothing of the instruction can be checked.</summary>
    public IVerifier? Verifier { get; init; }

    /// <summary>What the engine keeps computed for this item.</summary>
    internal Trunks Trunks { get; } = new();

    /// <summary>The seed of a place in this item: the step first, then index, path or attempt.</summary>
    internal ulong Seed(params ReadOnlySpan<object> position) =>
        Runs.Seed.Derive(RunSeed, [Key.Round, Ordinal, .. position]);

    /// <summary>A request of this item, which stands in the lane of its run.</summary>
    internal GenerationRequest Request(
        Conversation conversation, SamplingOptions sampling, ImmutableArray<ulong> seeds, string purpose, bool retain = false) =>
        new(conversation, sampling, seeds, purpose)
        {
            Lane = new(Key.RunId, Ordinal),
            Retain = retain,
            Deterministic = Recipe.Deterministic,
        };

    /// <summary>The same, for what is scored.</summary>
    internal ScoringRequest Scoring(Conversation conversation, string begun, ImmutableArray<string> continuations, string purpose) =>
        new(conversation, begun, continuations, purpose) { Lane = new(Key.RunId, Ordinal), Deterministic = Recipe.Deterministic };
}

/// <summary>The models of a run. The refiner judges unless a third model is named.</summary>
public sealed record Players(ITextModel Actor, ITextModel Refiner, ITextModel Judge)
{
    /// <summary>Twice as many items as a batch holds samples, so that it is full while results are stored.</summary>
    internal int Items => 2 * new[] { Actor, Refiner, Judge }.Max(model => model.Sequences);
}
