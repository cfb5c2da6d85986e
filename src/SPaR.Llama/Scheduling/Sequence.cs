using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SPaR.Abstractions;
using SPaR.Llama.Sampling;

namespace SPaR.Llama.Scheduling;

internal enum SequenceState
{
    /// <summary>Not started, or stopped to make room: what it has generated is kept, what was computed for it is not.</summary>
    Waiting,

    /// <summary>Its prompt is being computed in another sequence, and forked when that is done.</summary>
    Following,

    /// <summary>What it continues is being computed.</summary>
    Prefilling,

    /// <summary>Each step gives it one token: drawn, or the next of those that are to be scored.</summary>
    Generating,

    /// <summary>Ended by the model or by the limit.</summary>
    Finished,
}

/// <summary>One sample in the making, or one continuation that is scored: then its tokens are given instead of drawn. Knows token ids
/// only.</summary>
/// <param name="index">Of its seed or continuation in the request.</param>
internal sealed class Sequence(Request request, int index, ulong seed)
{
    private readonly ImmutableArray<int> _given;
    private SplitMix _random = new(seed);

    /// <param name="given">What is scored: at least one token.</param>
    public Sequence(Request request, int index, ImmutableArray<int> given)
        : this(request, index, 0UL) => _given = given;

    public Request Request => request;

    public int Index => index;

    public SequenceState State { get; private set; }

    /// <summary>What it has generated.</summary>
    public List<int> Tokens { get; } = [];

    public FinishReason Finish { get; private set; }

    /// <summary>Of the tokens that it has, where they are given.</summary>
    public ContinuationScore Score { get; private set; } = new(0, 0, Greedy: true);

    /// <summary>Where it is computed; null while it waits.</summary>
    public Trunk? Trunk { get; set; }

    /// <summary>Whose prompt it waits for while <see cref="SequenceState.Following"/>.</summary>
    public Sequence? Lead { get; set; }

    /// <summary>Where its logits stand in the batch of this step; -1 where it has none there.</summary>
    public int Output { get; set; } = -1;

    /// <summary>Tokens of it in the batch of this step.</summary>
    public int InBatch { get; set; }

    /// <summary>All that must be computed before the next token is drawn.</summary>
    public int[] Target() => [.. request.Prompt, .. Tokens];

    /// <summary>The one place where a state changes.</summary>
    public void MoveTo(SequenceState next)
    {
        State = (State, next) switch
        {
            (SequenceState.Waiting, SequenceState.Prefilling or SequenceState.Following) => next,
            (SequenceState.Following or SequenceState.Prefilling, SequenceState.Generating) => next,
            (SequenceState.Following or SequenceState.Prefilling or SequenceState.Generating, SequenceState.Waiting) => next,
            (SequenceState.Generating, SequenceState.Finished) => next,
            _ => throw new InvalidOperationException($"A sequence cannot go from {State} to {next}."),
        };
    }

    /// <summary>Takes the next given token in, with what the model thinks of it.</summary>
    /// <exception cref="DamagedWeightsException">A logit is not a number.</exception>
    public void Weigh(ReadOnlySpan<float> logits)
    {
        var token = _given[Tokens.Count];
        Score = new(
            Score.LogProbability + LogSoftmax.Of(logits, token), Score.Tokens + 1, Score.Greedy && Sampler.MostProbable(logits) == token);
        Tokens.Add(token);
        // Nothing follows the last one, so it is never evaluated.
        if (Tokens.Count == _given.Length)
            MoveTo(SequenceState.Finished);
    }

    /// <summary>Draws the next token and takes it in. The token that ends the turn is not part of the sample.</summary>
    public void Draw(Sampler sampler, ReadOnlySpan<float> logits, ReadOnlySpan<bool> ends)
    {
        var token = sampler.Draw(logits, request.Sampling, request.Prompt.AsSpan(), CollectionsMarshal.AsSpan(Tokens), ref _random);
        if (ends[token])
        {
            Finish = FinishReason.Stop;
            MoveTo(SequenceState.Finished);
            return;
        }
        Tokens.Add(token);
        if (Tokens.Count < request.Sampling.MaxTokens)
            return;
        Finish = FinishReason.Length;
        MoveTo(SequenceState.Finished);
    }
}
