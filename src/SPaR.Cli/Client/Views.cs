using System.Text.Json.Nodes;

namespace SPaR.Cli.Client;

// The fields of the service's responses that the terminal reads. Enums stay strings, so that a newer service with another state does
// not break an older terminal.

internal sealed record Page<T>(IReadOnlyList<T> Data, bool HasMore, string? After);

internal sealed record ModelView(string Id, string Name, string? Path = null, string Sha256 = "", long Bytes = 0, string? Base = null);

/// <param name="Recipe">A recipe or its name; null for the default.</param>
/// <param name="Seed">Null lets the service choose.</param>
internal sealed record RunRequest(
    string InstructionSet, string Actor, string? Refiner = null, JsonNode? Recipe = null, long? Seed = null, string? Name = null,
    int? Rounds = null, int? Preview = null, RunTarget? Target = null);

/// <summary>When self-play has enough, or has cost enough.</summary>
internal sealed record RunTarget(int? Pairs, long? Seconds, long? Tokens);

/// <param name="Code">Why it ended so, for programs; null if it just succeeded.</param>
/// <param name="Detail">The same in words.</param>
/// <param name="Progress">Over all rounds, like tokens and pairs.</param>
/// <param name="RoundCount">The number of rounds asked for.</param>
/// <param name="Round">The current round.</param>
/// <param name="Stage">The current round's stage.</param>
/// <param name="Rounds">Those started so far; round 0 evaluates the starting models.</param>
/// <param name="Verifier">Null if no instruction has constraints.</param>
internal sealed record RunView(
    string Id, string Status, string? Detail, RunProgress Progress, TokenCounts Tokens, PairCounts Pairs, PreflightView? Preflight,
    int RoundCount = 1, int? Round = null, string? Stage = null, IReadOnlyList<RoundView>? Rounds = null,
    VerifierView? Verifier = null, string? Code = null, RunNow? Now = null, IReadOnlyList<RunWarning>? Warnings = null,
    StalledView? Stalled = null)
{
    public bool Ended => Status is "succeeded" or "failed" or "cancelled";
}

/// <summary>Why a run makes no progress.</summary>
internal sealed record StalledView(string Code, string Detail);

/// <summary>What is going on in a running run.</summary>
/// <param name="Activity">Null while no worker is on it.</param>
internal sealed record RunNow(StageProgress Stage, ActivityView? Activity, RemainingTime Remaining);

/// <param name="Evaluation">The benchmark that is measured; null in other stages.</param>
/// <param name="Done">Instructions, training steps or benchmark items.</param>
/// <param name="Total">Null until the training's data is prepared.</param>
internal sealed record StageProgress(string? Evaluation, int Done, int? Total);

/// <param name="Generated">Tokens generated for what is in flight.</param>
internal sealed record ActivityView(string Phase, int Workers, int InFlight, long Generated, double TokensPerSecond);

/// <summary>Seconds; null where nothing is known yet.</summary>
internal sealed record RemainingTime(double? Stage, double? Round, double? Run);

/// <param name="Done">Instructions that are no longer pending.</param>
/// <param name="States">Instructions by state; they add up to the total.</param>
internal sealed record RunProgress(int Total, int Done, IReadOnlyDictionary<string, int> States);

/// <param name="PrefillComputed">Prompt tokens that were evaluated.</param>
/// <param name="PrefillForked">Prompt tokens that came from a shared prefix.</param>
/// <param name="Generated">Tokens that were generated.</param>
internal sealed record TokenCounts(long PrefillComputed, long PrefillForked, long Generated);

/// <param name="MeanSimilarity">In [0, 1]; null without pairs.</param>
/// <param name="Filtered">How many each filter leaves out of trainings.</param>
internal sealed record PairCounts(int Count, double? MeanSimilarity, IReadOnlyDictionary<string, int>? Filtered = null);

/// <summary>How many chosen and rejected sides follow all their constraints.</summary>
internal sealed record VerifierView(FollowedCount Chosen, FollowedCount Rejected);

/// <param name="Count">Sides with constraints.</param>
/// <param name="All">Those that follow all of them.</param>
internal sealed record FollowedCount(int Count, int All);

internal sealed record PreflightView(string? Warning);

internal sealed record RunWarning(string Detail);

internal sealed record Message(string Role, string Content);

internal sealed record Preference(IReadOnlyList<Message> Messages, string Chosen, string Rejected);

/// <summary>One event of a stream.</summary>
internal sealed record EventView(string Event, JsonObject Data);

/// <param name="Best">Null if nothing was answered.</param>
internal sealed record RefinementView(string Id, BestAnswer? Best, TreeView Tree);

internal sealed record BestAnswer(string Subject, string Text, double? Value);

/// <param name="Nodes">The number of nodes, including the root.</param>
internal sealed record TreeSummary(string InstructionId, string State, int Nodes);

internal sealed record TreeView(
    string InstructionId, IReadOnlyList<Message> Messages, IReadOnlyList<AnswerView> Answers, IReadOnlyList<NodeView> Nodes);

/// <param name="Subject"><c>a0</c>, <c>a1</c>, …</param>
internal sealed record AnswerView(string Subject, IReadOnlyList<JudgementView> Judgements, string Text = "");

/// <param name="Path"><c>r</c> for the root, <c>r.0.2</c> for the third child of its first child.</param>
/// <param name="Order">Null if it never entered the tree.</param>
/// <param name="JudgedAs">The node or answer whose judgement it takes: a path or an answer's name.</param>
internal sealed record NodeView(
    string Path, string? Parent, int? Order, string Outcome, double? Value, string Text, string? JudgedAs, bool Chosen,
    IReadOnlyList<JudgementView> Judgements);

/// <param name="Value">The share of yes; null if no vote could be read.</param>
internal sealed record JudgementView(int Attempt, IReadOnlyList<VoteView> Votes, double? Value = null);

/// <param name="Verdict"><c>yes</c>, <c>no</c> or <c>unreadable</c>.</param>
/// <param name="ByVerifier">Not a vote, but a critique that the verifier wrote.</param>
internal sealed record VoteView(string Verdict, bool ByVerifier = false);
