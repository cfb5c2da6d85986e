using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SPaR.Llama.Sampling;

namespace SPaR.Llama.Scheduling;

internal enum SequenceState
{
    /// <summary>Not started, or preempted: it keeps its generated tokens but not its cells.</summary>
    Waiting,

    /// <summary>Another sequence computes its prompt, which is then forked.</summary>
    Following,

    /// <summary>Its prompt is being computed.</summary>
    Prefilling,

    /// <summary>Each step adds one token: drawn, or the next one to score.</summary>
    Generating,

    /// <summary>Ended by the model or by the token limit.</summary>
    Finished,
}

/// <summary>One sample that is generated, or one continuation that is scored: its tokens are then given instead of drawn. Knows token ids
/// only.</summary>
/// <param name="index">The index of its seed or continuation in the request.</param>
internal sealed class Sequence(Request request, int index, ulong seed)
{
    private readonly ImmutableArray<int> _given;
    private SplitMix _random = new(seed);

    /// <param name="given">The tokens to score: at least one.</param>
    public Sequence(Request request, int index, ImmutableArray<int> given)
        : this(request, index, 0UL) => _given = given;

    public Request Request => request;

    public int Index => index;

    public SequenceState State { get; private set; }

    /// <summary>The tokens generated or scored so far.</summary>
    public List<int> Tokens { get; } = [];

    /// <summary>How likely each of <see cref="Tokens"/> was, and the most probable ones in its place, if the request wants to know.</summary>
    public List<(double Token, (int Token, double LogProb)[] Top)> LogProbs { get; } = [];

    public FinishReason Finish { get; private set; }

    /// <summary>The score of <see cref="Tokens"/>, if they are given.</summary>
    public ContinuationScore Score { get; private set; } = new(0, 0, Greedy: true);

    /// <summary>Where its keys and values are; null while it waits.</summary>
    public Prefix? Prefix { get; set; }

    /// <summary>The sequence that computes its prompt while <see cref="SequenceState.Following"/>.</summary>
    public Sequence? Lead { get; set; }

    /// <summary>The index of its logits in the current batch; -1 if it has none.</summary>
    public int Output { get; set; } = -1;

    /// <summary>How many of its tokens are in the current batch.</summary>
    public int InBatch { get; set; }

    /// <summary>All tokens that must be computed before the next one is drawn.</summary>
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
            _ => throw new InvalidOperationException($"A sequence cannot move from {State} to {next}."),
        };
    }

    /// <summary>Adds the next given token and its log-probability.</summary>
    /// <exception cref="DamagedWeightsException">A logit is not a number.</exception>
    public void ScoreNext(ReadOnlySpan<float> logits)
    {
        var token = _given[Tokens.Count];
        Score = new(
            Score.LogProbability + LogSoftmax.Of(logits, token), Score.Tokens + 1, Score.Greedy && Sampler.MostProbable(logits) == token);
        Tokens.Add(token);
        // Nothing follows the last token, so it is never evaluated.
        if (Tokens.Count == _given.Length)
            MoveTo(SequenceState.Finished);
    }

    /// <summary>Draws the next token and adds it. The token that ends the turn is not part of the sample.</summary>
    public void SampleNext(Sampler sampler, ReadOnlySpan<float> logits, ReadOnlySpan<bool> ends)
    {
        var token = sampler.Draw(logits, request.Sampling, request.Prompt.AsSpan(), CollectionsMarshal.AsSpan(Tokens), ref _random);
        if (ends[token])
        {
            Finish = FinishReason.Stop;
            MoveTo(SequenceState.Finished);
            return;
        }
        Tokens.Add(token);
        if (request.TopLogProbs is { } top)
            LogProbs.Add(LogSoftmax.Of(logits, token, top));
        var isStopped = request.Watch?.IsLast(index, token) is true;
        if (!isStopped && Tokens.Count < request.Sampling.MaxTokens)
            return;
        Finish = isStopped ? FinishReason.Stop : FinishReason.Length;
        MoveTo(SequenceState.Finished);
    }
}
