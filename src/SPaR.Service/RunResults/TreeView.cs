using SPaR.Abstractions;
using SPaR.Method.Items;
using SPaR.Service.Instructions;
using SPaR.Service.Items;

namespace SPaR.Service.RunResults;

/// <summary>What a round did with one instruction.</summary>
/// <param name="Pair">What came of it; null without one.</param>
internal sealed record TreeView(
    string RunId, int Round, string InstructionId, int Ordinal, ItemState State, string? Detail, IReadOnlyList<ChatMessage> Messages,
    IReadOnlyList<AnswerView> Answers, IReadOnlyList<NodeView> Nodes, TreePair? Pair)
{
    public static TreeView Of(
        RunItem item, Instruction instruction, IReadOnlyList<Answer> answers, ILookup<string, Judgement> judgements,
        IReadOnlyList<Node> nodes, Pair? pair) => new(
        item.RunId,
        item.Round,
        item.InstructionId,
        item.Ordinal,
        item.State,
        item.Detail,
        instruction.Messages,
        [.. answers.Select(a => AnswerView.Of(a, judgements[$"a{a.Index}"]))],
        // Those that never came into the tree stand last, by path.
        [.. nodes.OrderBy(n => n.Order ?? int.MaxValue).ThenBy(n => n.Path, StringComparer.Ordinal)
            .Select(n => NodeView.Of(n, judgements[n.Path], n.Path == pair?.ChosenFrom))],
        pair is null ? null : new(pair.Id, pair.ChosenFrom, pair.RejectedFrom, pair.Similarity));
}

/// <param name="ChosenFrom">The path of the node, or the name of the sampled answer, that was chosen.</param>
internal sealed record TreePair(string Id, string ChosenFrom, string RejectedFrom, double Similarity);

/// <param name="Subject"><c>a0</c>, <c>a1</c>, …</param>
/// <param name="Truncated">The token limit cut it.</param>
/// <param name="Verifier">Which constraints it follows; null where nothing of the instruction can be checked.</param>
internal sealed record AnswerView(
    string Subject, string Text, bool Truncated, Verification? Verifier, ulong Seed, IReadOnlyList<JudgementView> Judgements)
{
    public static AnswerView Of(Answer a, IEnumerable<Judgement> judgements) => new(
        $"a{a.Index}", a.Text, a.Truncated, a.Verifier, a.Seed, [.. judgements.Select(JudgementView.Of)]);
}

/// <param name="Path"><c>r</c> for the root, <c>r.0.2</c> for the third child of its first child.</param>
/// <param name="Order">When it was added to the tree, from 1; 0 for the root, null where it never was.</param>
/// <param name="Verifier">Which constraints its answer follows; null without one, and where nothing of the instruction can be checked.</param>
/// <param name="Attempts">How often the refiner was asked for it.</param>
/// <param name="JudgedAs">Whose judgement holds for it: its own path, or that of the same answer seen before.</param>
/// <param name="Chosen">It became the better answer of the pair.</param>
internal sealed record NodeView(
    string Path, string? Parent, int Depth, int? Order, NodeOutcome Outcome, Label? Label, double? Value, string Text, bool Truncated,
    Verification? Verifier, int Attempts, ulong Seed, string? JudgedAs, bool Chosen, IReadOnlyList<JudgementView> Judgements)
{
    public static NodeView Of(Node n, IEnumerable<Judgement> judgements, bool chosen) => new(
        n.Path, n.Parent, n.Depth, n.Order, n.Outcome, n.Label, n.Value, n.Text, n.Truncated, n.Verifier, n.Attempts, n.Seed,
        n.JudgedAs, chosen,
        [.. judgements.Select(JudgementView.Of)]);
}

/// <param name="Attempt">From 0; asked again after a tie or where no vote could be read.</param>
/// <param name="Value">yes / (yes + no), of votes or of probabilities.</param>
/// <param name="Critique">Index of the vote that speaks for the label.</param>
/// <param name="VotedLabel">What the votes alone came to, where a violated constraint decided instead; otherwise null.</param>
/// <param name="VotedValue">Likewise.</param>
internal sealed record JudgementView(
    int Attempt, Label Label, double? Value, int? Critique, Label? VotedLabel, double? VotedValue, IReadOnlyList<VoteView> Votes)
{
    public static JudgementView Of(Judgement j) => new(
        j.Attempt, j.Label, j.Value, j.Critique, j.VotedLabel, j.VotedValue,
        [.. j.Votes.Select(v => new VoteView(v.Verdict, v.Text, v.Truncated, v.Seed, v.ByVerifier))]);
}

/// <param name="ByVerifier">No vote, but the critique that the verifier wrote because none of the votes had found the fault.</param>
internal sealed record VoteView(Verdict Verdict, string Text, bool Truncated, ulong Seed, bool ByVerifier);
