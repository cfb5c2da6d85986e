using System.Runtime.InteropServices;
using SPaR.Abstractions;
using SPaR.Llama.Sampling;

namespace SPaR.Llama.Scheduling;

internal enum SequenceState
{
    /// <summary>Its prompt is being computed in another sequence.</summary>
    Waiting,

    /// <summary>Its prompt is being computed here.</summary>
    Prefilling,

    /// <summary>Each step draws one token for it.</summary>
    Generating,

    /// <summary>Ended by the model or by the limit; its cells are free.</summary>
    Finished,
}

/// <summary>One sample in the making. Knows token ids only.</summary>
/// <param name="index">Of its seed in the request.</param>
/// <param name="slot">Its number in the context.</param>
internal sealed class Sequence(int index, ulong seed, int slot)
{
    private SplitMix _random = new(seed);

    public int Index => index;

    public int Slot => slot;

    public SequenceState State { get; private set; }

    public List<int> Tokens { get; } = [];

    public FinishReason Finish { get; private set; }

    /// <summary>Where its logits stand in the batch of this step.</summary>
    public int Output { get; set; }

    /// <summary>The one place where a state changes.</summary>
    public void MoveTo(SequenceState next)
    {
        State = (State, next) switch
        {
            (SequenceState.Waiting, SequenceState.Prefilling or SequenceState.Generating) => next,
            (SequenceState.Prefilling, SequenceState.Generating) => next,
            (SequenceState.Generating, SequenceState.Finished) => next,
            _ => throw new InvalidOperationException($"A sequence cannot go from {State} to {next}."),
        };
    }

    /// <summary>Draws the next token and takes it in. The token that ends the turn is not part of the sample.</summary>
    public void Draw(Sampler sampler, ReadOnlySpan<float> logits, SamplingOptions options, ReadOnlySpan<int> prompt, ReadOnlySpan<bool> ends)
    {
        var token = sampler.Draw(logits, options, prompt, CollectionsMarshal.AsSpan(Tokens), ref _random);
        if (ends[token])
        {
            Finish = FinishReason.Stop;
            MoveTo(SequenceState.Finished);
            return;
        }
        Tokens.Add(token);
        if (Tokens.Count < options.MaxTokens)
            return;
        Finish = FinishReason.Length;
        MoveTo(SequenceState.Finished);
    }
}
