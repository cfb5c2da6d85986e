using System.Text.Json.Nodes;

namespace SPaR.Cli.Client;

// What the terminal reads of the service's answers; whatever else stands in them is left alone. Enums stay words, so that a newer
// service with one more state does not break an older terminal.

internal sealed record Page<T>(IReadOnlyList<T> Data, bool HasMore, string? After);

internal sealed record ModelView(string Id, string Name, string? Path = null, string Sha256 = "", long Bytes = 0, string? Base = null);

internal sealed record InstructionSetView(string Id, int Count);

/// <param name="Recipe">A recipe's name or a recipe; null for the service's default.</param>
/// <param name="Seed">Null lets the service choose.</param>
internal sealed record RunRequest(
    string InstructionSet, string Actor, string? Refiner = null, JsonNode? Recipe = null, long? Seed = null, string? Name = null,
    int? Rounds = null);

/// <param name="Detail">Why it failed, or why it went back to the models of an earlier round; otherwise null.</param>
/// <param name="Progress">Over all rounds, as tokens and pairs are.</param>
/// <param name="RoundCount">How many rounds it is to have.</param>
/// <param name="Round">The one it is in.</param>
/// <param name="Stage">Of that round.</param>
/// <param name="Rounds">Those begun so far; round 0 is the starting models.</param>
/// <param name="Verifier">Null where no instruction has constraints.</param>
internal sealed record RunView(
    string Id, string Status, string? Detail, RunProgress Progress, TokenCounts Tokens, PairCounts Pairs, PreflightView? Preflight,
    int RoundCount = 1, int? Round = null, string? Stage = null, IReadOnlyList<RoundView>? Rounds = null,
    VerifierView? Verifier = null)
{
    /// <summary>Nothing more will happen by itself.</summary>
    public bool Ended => Status is "succeeded" or "failed" or "cancelled";
}

/// <param name="Done">Inputs that are not pending any more.</param>
/// <param name="States">Inputs by state; they add up to the total.</param>
internal sealed record RunProgress(int Total, int Done, IReadOnlyDictionary<string, int> States);

/// <param name="PrefillComputed">Prompt tokens that were decoded.</param>
/// <param name="PrefillForked">Prompt tokens that were shared with another request instead.</param>
/// <param name="Generated">Tokens drawn.</param>
internal sealed record TokenCounts(long PrefillComputed, long PrefillForked, long Generated);

/// <param name="MeanSimilarity">In [0, 1]; null without pairs.</param>
internal sealed record PairCounts(int Count, double? MeanSimilarity);

/// <summary>How many sides of the pairs follow all constraints.</summary>
internal sealed record VerifierView(FollowedCount Chosen, FollowedCount Rejected);

/// <param name="All">Those that follow all constraints.</param>
internal sealed record FollowedCount(int Count, int All);

internal sealed record PreflightView(string? Warning);

internal sealed record Message(string Role, string Content);

internal sealed record Preference(IReadOnlyList<Message> Messages, string Chosen, string Rejected);

/// <param name="Nodes">In the tree, its root included.</param>
internal sealed record TreeSummary(string InstructionId, string State, int Nodes);

internal sealed record TreeView(
    string InstructionId, IReadOnlyList<Message> Messages, IReadOnlyList<AnswerView> Answers, IReadOnlyList<NodeView> Nodes);

/// <param name="Subject"><c>a0</c>, <c>a1</c>, …</param>
internal sealed record AnswerView(string Subject, IReadOnlyList<JudgementView> Judgements);

/// <param name="Path"><c>r</c> for the root, <c>r.0.2</c> for the third child of its first child.</param>
/// <param name="Order">Null where it never came into the tree.</param>
/// <param name="JudgedAs">Whose judgement holds for it: a path or an answer's name.</param>
internal sealed record NodeView(
    string Path, string? Parent, int? Order, string Outcome, double? Value, string Text, string? JudgedAs, bool Chosen,
    IReadOnlyList<JudgementView> Judgements);

internal sealed record JudgementView(int Attempt, IReadOnlyList<VoteView> Votes);

/// <param name="Verdict"><c>yes</c>, <c>no</c> or <c>unreadable</c>.</param>
/// <param name="ByVerifier">No vote, but a critique that the verifier wrote.</param>
internal sealed record VoteView(string Verdict, bool ByVerifier = false);
