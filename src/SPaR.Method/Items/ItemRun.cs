using System.Collections.Immutable;
using System.Diagnostics;
using SPaR.Method.Recipes;

namespace SPaR.Method.Items;

/// <summary>One item on its way from instruction to pair, with everything that its steps need.</summary>
/// <param name="Ordinal">The instruction's position in its set; seeds derive from it.</param>
public sealed record ItemRun(
    ItemKey Key, int Ordinal, IReadOnlyList<ChatMessage> Prompt, long RunSeed, Recipe Recipe, RunModels Models, IJournal Journal)
{
    /// <summary>Checks answers exactly; null when no constraint of the instruction can be checked.</summary>
    public IVerifier? Verifier { get; init; }

    /// <summary>Its requests go before those of all that are not express, because a person is waiting.</summary>
    public bool Express { get; init; }

    /// <summary>The span of the request that asked for it; none by default.</summary>
    public ActivityContext Origin { get; init; }

    /// <summary>An item outside any run. The instruction is one user message; its id derives from its text.</summary>
    /// <param name="recipe">Null for the default options and prompts.</param>
    public static ItemRun Alone(string instruction, RunModels models, IJournal journal, Recipe? recipe = null, long seed = 0)
    {
        ChatMessage[] prompt = [new("user", instruction)];
        return new(new("alone", 0, PromptHash.Of(prompt)), 0, prompt, seed, recipe ?? new(), models, journal);
    }

    /// <summary>What the engine's KV cache holds for this item. Dispose of it when the item's steps are done.</summary>
    internal PrefixLeases Prefixes { get; } = new();

    private RequestPriority Priority => new(Key.RunId, Ordinal, Express);

    /// <summary>The seed of a position in this item: the step first, then index, path or attempt.</summary>
    internal ulong Seed(params ReadOnlySpan<object> position) =>
        Items.Seed.Derive(RunSeed, [Key.Round, Ordinal, .. position]);

    /// <summary>One of the items, drawn by the seed of a position. All are equally likely.</summary>
    /// <param name="items">At least one.</param>
    internal T Pick<T>(IReadOnlyList<T> items, string position) => items[(int)(Seed(position) % (ulong)items.Count)];

    /// <summary>The conversation as this item's models are asked: thinking or not.</summary>
    internal Conversation Asking(Conversation conversation) => conversation with { Thinks = Recipe.Reasoning.Thinking };

    /// <summary>A generation request of this item, with the priority of its run.</summary>
    internal GenerationRequest Request(
        Conversation conversation, SamplingOptions sampling, ImmutableArray<ulong> seeds, string purpose, bool retain = false) =>
        new(Asking(conversation), sampling, seeds, purpose)
        {
            Priority = Priority,
            Retain = retain,
            Deterministic = Recipe.Deterministic,
        };

    /// <summary>Every generation of an item goes through here: takes the reasoning off the replies, as the recipe says.</summary>
    internal async Task<Replies> GenerateAsync(ITextModel model, GenerationRequest request, CancellationToken cancellationToken)
    {
        var format = Recipe.Reasoning.FormatOf(model);
        if (format is not null)
            request = request with { VisibleTokens = [format.Open, format.Close] };
        var result = await model.GenerateTracedAsync(request, cancellationToken);
        var opened = format is { IsOpened: true } && request.Conversation.Thinks;
        return new([.. result.Samples.Select(sample => Reply.Of(sample, format, opened))], result);
    }

    /// <summary>A scoring request of this item, with the priority of its run.</summary>
    internal ScoringRequest Scoring(Conversation conversation, string partial, ImmutableArray<string> continuations, string purpose) =>
        new(conversation, partial, continuations, purpose) { Priority = Priority, Deterministic = Recipe.Deterministic };
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

    /// <summary>How many items to run at once: twice the samples of a batch, so that it stays full while results are stored.</summary>
    internal int InFlight => 2 * new[] { Actor, Refiner, Judge }.Max(model => model.Sequences);
}
