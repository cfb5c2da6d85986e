using System.Collections.Immutable;

namespace SPaR.Abstractions;

/// <summary>Asks how likely a model would be to say given texts next, instead of letting it say something.</summary>
/// <param name="Conversation">Ends with a user turn.</param>
/// <param name="Partial">What the assistant's turn has said so far, as the model would have generated it, white space included; empty for
/// nothing.</param>
/// <param name="Continuations">Each is put behind <paramref name="Partial"/> by itself; at least one, none of them empty.</param>
/// <param name="Purpose">What asks, for logs and scripted engines: "judge r.0.1 #2".</param>
/// <remarks>Begun and continuation are tokenised as one text, as a model would have generated them: a space between the two mostly belongs
/// to the next word's token. What is scored begins where the tokens of Begun and of all these texts still agree, so that all continuations
/// of a request are compared from the same place; what Begun says behind that place is scored with each of them.</remarks>
public sealed record ScoringRequest(Conversation Conversation, string Partial, ImmutableArray<string> Continuations, string Purpose)
{
    public RequestPriority Priority { get; init; } = RequestPriority.Shared;

    /// <summary>The scores are the same, bit for bit, whatever else the engine has to do; as for <see cref="GenerationRequest"/>.</summary>
    public bool Deterministic { get; init; }
}

/// <param name="LogProbability">Sum over the continuation's tokens of the natural logarithm of the probability that the model gives each
/// after those before it: the softmax of its own logits, at temperature 1, with neither filters nor penalty. 0 or less.</param>
/// <param name="Tokens">How many were summed.</param>
/// <param name="Greedy">Whether greedy generation (temperature 0) would have said just these tokens.</param>
public readonly record struct ContinuationScore(double LogProbability, int Tokens, bool Greedy);

/// <param name="Scores">In the order of the continuations.</param>
/// <param name="Usage">Nothing was drawn: what was evaluated of the continuations counts as prompt.</param>
public sealed record ScoringResult(ImmutableArray<ContinuationScore> Scores, TokenUsage Usage);
