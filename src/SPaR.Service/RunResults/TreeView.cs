using SPaR.Method.Items;

namespace SPaR.Service.RunResults;

/// <summary>What a round, or a refinement outside runs, did with one instruction.</summary>
/// <param name="Pair">The resulting pair, if any.</param>
internal sealed record TreeView(
    string RunId, int Round, string InstructionId, int Ordinal, ItemState State, string? Detail, IReadOnlyList<ChatMessage> Messages,
    IReadOnlyList<AnswerView> Answers, IReadOnlyList<NodeView> Nodes, TreePair? Pair)
{
    public static TreeView Of(
        ItemKey key, int ordinal, ItemState state, string? detail, IReadOnlyList<ChatMessage> messages, ItemRecord rows, Pair? pair)
    {
        var judgements = rows.Judgements.ToLookup(j => j.Subject);
        return new(
            key.RunId, key.Round, key.InstructionId, ordinal, state, detail, messages,
            [.. rows.Answers.Select(a => AnswerView.Of(a, judgements[$"a{a.Index}"]))],
            // Nodes that were never added to the tree come last, by path.
            [.. rows.Nodes.OrderBy(n => n.Order ?? int.MaxValue).ThenBy(n => n.Path, StringComparer.Ordinal)
                .Select(n => NodeView.Of(n, judgements[n.Path], n.Path == pair?.ChosenFrom))],
            pair is null ? null : new(pair.Id, pair.ChosenFrom, pair.RejectedFrom, pair.Similarity));
    }
}

/// <param name="ChosenFrom">Path of the chosen node, or name of the chosen answer.</param>
internal sealed record TreePair(string Id, string ChosenFrom, string RejectedFrom, double Similarity);

/// <param name="Subject"><c>a0</c>, <c>a1</c>, …</param>
/// <param name="Truncated">Whether the token limit cut it off.</param>
/// <param name="Verifier">Which constraints it follows; null if none of the instruction's can be checked.</param>
/// <param name="Reasoning">What the actor thought before it; null if it did not.</param>
internal sealed record AnswerView(
    string Subject, string Text, string? Reasoning, bool Truncated, Verification? Verifier, ulong Seed,
    IReadOnlyList<JudgementView> Judgements)
{
    public static AnswerView Of(Answer a, IEnumerable<Judgement> judgements) => new(
        $"a{a.Index}", a.Text, a.Reasoning, a.Truncated, a.Verifier, a.Seed, [.. judgements.Select(JudgementView.Of)]);
}

/// <param name="Path"><c>r</c> for the root, <c>r.0.2</c> for the third child of its first child.</param>
/// <param name="Order">Its position in the order of adding, from 1; 0 for the root, null if it was never added to the tree.</param>
/// <param name="Verifier">Which constraints its answer follows; null without an answer or if none can be checked.</param>
/// <param name="Reasoning">What the model thought before it; null if it did not.</param>
/// <param name="Attempts">Number of requests to the refiner.</param>
/// <param name="JudgedAs">The path whose judgement applies: its own, or that of an earlier node with the same answer.</param>
/// <param name="Chosen">Whether it is the chosen answer of the pair.</param>
internal sealed record NodeView(
    string Path, string? Parent, int Depth, int? Order, NodeOutcome Outcome, Label? Label, double? Value, string Text, string? Reasoning,
    bool Truncated, Verification? Verifier, int Attempts, ulong Seed, string? JudgedAs, bool Chosen,
    IReadOnlyList<JudgementView> Judgements)
{
    public static NodeView Of(Node n, IEnumerable<Judgement> judgements, bool chosen) => new(
        n.Path, n.Parent, n.Depth, n.Order, n.Outcome, n.Label, n.Value, n.Text, n.Reasoning, n.Truncated, n.Verifier, n.Attempts,
        n.Seed, n.JudgedAs, chosen,
        [.. judgements.Select(JudgementView.Of)]);
}

/// <param name="Attempt">From 0; repeated after a tie or if no vote could be read.</param>
/// <param name="Value">yes / (yes + no), of votes or of probabilities.</param>
/// <param name="Critique">Index of the vote whose text is the critique.</param>
/// <param name="VotedLabel">The label by votes alone, if a violated constraint overrode it; otherwise null.</param>
internal sealed record JudgementView(
    int Attempt, Label Label, double? Value, int? Critique, Label? VotedLabel, double? VotedValue, IReadOnlyList<VoteView> Votes)
{
    public static JudgementView Of(Judgement j) => new(
        j.Attempt, j.Label, j.Value, j.Critique, j.VotedLabel, j.VotedValue,
        [.. j.Votes.Select(v => new VoteView(v.Verdict, v.Text, v.Reasoning, v.Truncated, v.Seed, v.ByVerifier))]);
}

/// <param name="ByVerifier">Not a vote but the verifier's critique, written because no vote had found the fault.</param>
/// <param name="Reasoning">What the judge thought before its critique; null if it did not.</param>
internal sealed record VoteView(Verdict Verdict, string Text, string? Reasoning, bool Truncated, ulong Seed, bool ByVerifier);
