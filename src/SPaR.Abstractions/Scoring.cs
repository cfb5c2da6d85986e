using System.Collections.Immutable;

namespace SPaR.Abstractions;

/// <summary>Asks how likely a model is to continue with given texts, instead of letting it generate.</summary>
/// <param name="Conversation">Ends with a user turn.</param>
/// <param name="Partial">The assistant's turn so far, as the model would have generated it, white space included; may be empty.</param>
/// <param name="Continuations">Each continues <paramref name="Partial"/> by itself; at least one, none of them empty.</param>
/// <param name="Purpose">What the request is for, in logs and scripted engines: "judge r.0.1 #2".</param>
/// <remarks>Partial and continuation are tokenised as one text, as a model would have generated them: a space between the two usually
/// belongs to the next word's token. Scoring starts where the tokens of Partial and of all these texts still agree, so that all
/// continuations are compared from the same place; the rest of Partial is scored with each of them.</remarks>
public sealed record ScoringRequest(Conversation Conversation, string Partial, ImmutableArray<string> Continuations, string Purpose)
{
    public RequestPriority Priority { get; init; } = RequestPriority.Shared;

    /// <summary>The scores are the same, bit for bit, whatever else the engine is doing; as for <see cref="GenerationRequest"/>.</summary>
    public bool Deterministic { get; init; }
}

/// <param name="LogProbability">Sum of the natural log-probabilities of the continuation's tokens, each given those before it, by the
/// softmax of the model's own logits: temperature 1, no filters, no penalty. At most 0.</param>
/// <param name="Tokens">The number of tokens in the sum.</param>
/// <param name="Greedy">Whether greedy generation (temperature 0) would have given exactly these tokens.</param>
public readonly record struct ContinuationScore(double LogProbability, int Tokens, bool Greedy);

/// <param name="Scores">In the order of the continuations.</param>
/// <param name="Usage">Nothing was generated: evaluated tokens of the continuations count as prompt.</param>
public sealed record ScoringResult(ImmutableArray<ContinuationScore> Scores, TokenUsage Usage);
