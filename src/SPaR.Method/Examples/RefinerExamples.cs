using SPaR.Method.Items;
using SPaR.Method.Judging;
using SPaR.Method.Recipes;
using SPaR.Method.Refinement;

namespace SPaR.Method.Examples;

/// <summary>What the refiner can learn from one item: conversations exactly as they took place, with its replies. Candidates only;
/// <see cref="RefinerExampleSelection"/> chooses among those of a round.</summary>
internal static class RefinerExamples
{
    /// <summary>The majority's critique of each sampled answer with a split vote. Overridden votes teach nothing.</summary>
    public static IEnumerable<RefinerExample> FromFirstJudging(ItemRun item, IReadOnlyList<JudgedAnswer> judged) => judged
        .Where(j => j.Judgement is { Critique: not null, IsOverridden: false } && IsSplit(item, j.Judgement))
        .Select(j => Judging(
            item, j.Judgement.Label == Label.Good ? ExampleKind.FirstGood : ExampleKind.FirstBad, j.Subject, j.Answer.Text, j.Judgement));

    /// <summary>The refinement that gave the accepted node, and one positive and one negative critique of nodes with a split vote, each
    /// drawn by the seed of the item.</summary>
    /// <param name="accepted">The search ended in a pair.</param>
    public static IEnumerable<RefinerExample> FromSearch(ItemRun item, SearchResult search, bool accepted)
    {
        if (accepted)
            yield return Refining(item, search.Final!);
        var split = search.Tree.Nodes.Where(n => !n.Judgement.IsOverridden && IsSplit(item, n.Judgement)).ToList();
        if (Draw(item, "positive", split.Where(n => n.Value > 0.5)) is { } positive)
            yield return Judging(item, ExampleKind.JudgePositive, positive.Path, positive.Text, positive.Judgement);
        if (Draw(item, "negative", split.Where(n => n.Value < 0.5)) is { } negative)
            yield return Judging(item, ExampleKind.JudgeNegative, negative.Path, negative.Text, negative.Judgement);
    }

    // When a violated constraint decided, only the votes show whether the judge was in doubt.
    private static bool IsSplit(ItemRun item, Judgement judgement) =>
        (judgement.VotedValue ?? judgement.Value) is { } value && item.Recipe.Judge.IsSplit(value);

    private static TreeNode? Draw(ItemRun item, string which, IEnumerable<TreeNode> nodes)
    {
        var candidates = nodes.ToList();
        return candidates.Count == 0 ? null : item.Pick(candidates, which);
    }

    private static RefinerExample Refining(ItemRun item, TreeNode node)
    {
        var parent = node.Parent!;
        var messages = RefinePrompt.Messages(item.Recipe.Prompts, item.Prompt, parent.Text, parent.Critique);
        // The refiner wrote the critique itself, unless the run has another judge or the verifier wrote it.
        int? own = parent.Judgement.HasCritiqueBy(item.Models.Refiner.File) ? messages.Count - 2 : null;
        return Example(item, ExampleKind.Refine, node.Path, messages, own, node.Row.Reply, node.Row.ModelHash);
    }

    private static RefinerExample Judging(ItemRun item, ExampleKind kind, string source, string answer, Judgement judgement)
    {
        var messages = JudgePrompt.Messages(item.Recipe.Prompts, item.Prompt, answer);
        return Example(item, kind, source, messages, null, judgement.Votes[judgement.Critique!.Value].Text, judgement.ModelHash);
    }

    /// <param name="own">Index of the earlier message that the refiner wrote itself; null when there is none.</param>
    private static RefinerExample Example(
        ItemRun item, ExampleKind kind, string source, IReadOnlyList<ChatMessage> messages, int? own, string target,
        string modelHash) => new()
        {
            RunId = item.Key.RunId,
            Round = item.Key.Round,
            InstructionId = item.Key.InstructionId,
            Kind = kind,
            Source = source,
            // The template sets the white space around a turn, so these messages give the tokens of inference.
            Messages =
            [
                .. messages.Select((m, i) => i == own ? new(m.Role, m.Content) : TrainingMessage.Given(m)),
                new("assistant", target.Trim()),
            ],
            PromptHash = PromptHash.Of(messages),
            ModelHash = modelHash,
            Draw = item.Seed("draw", kind, source),
        };
}
