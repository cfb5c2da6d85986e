using SPaR.Method.Items;
using SPaR.Method.Judging;
using SPaR.Method.Tracing;

namespace SPaR.Method.Refinement;

/// <summary>Refines one bad answer by tree search. Knows nothing of pairs.</summary>
internal static class RefineStage
{
    public static async Task<SearchResult> RunAsync(ItemRun item, JudgedAnswer bad, CancellationToken cancellationToken)
    {
        using var span = MethodTrace.Start("refine", bad.Subject);
        var root = RootRow(item, bad);
        if (!item.Journal.Found.Nodes.Any(n => n.Path == root.Path))
            await item.Journal.SaveAsync([root], default, cancellationToken);
        var tree = new SearchTree(new(root, bad.Judgement, null));
        var strategy = SearchStrategies.All[item.Recipe.Refine.Strategy];
        var found = await strategy.SearchAsync(new(item, tree, new Expander(item, tree)), cancellationToken);
        return new(tree, found ?? tree.Best());
    }

    public static Node RootRow(ItemRun item, JudgedAnswer bad) => new()
    {
        RunId = item.Key.RunId,
        Round = item.Key.Round,
        InstructionId = item.Key.InstructionId,
        Path = "r",
        Depth = 0,
        Order = 0,
        Outcome = NodeOutcome.Judged,
        Text = bad.Answer.Text,
        Reasoning = bad.Answer.Reasoning,
        Tokens = bad.Answer.Tokens,
        Reply = bad.Answer.Text,
        Truncated = bad.Answer.Truncated,
        Verifier = bad.Answer.Verifier,
        Attempts = 0,
        Seed = bad.Answer.Seed,
        JudgedAs = bad.Subject,
        JudgedAttempt = bad.Judgement.Attempt,
        Label = bad.Judgement.Label,
        Value = bad.Judgement.Value,
        ModelHash = bad.Answer.ModelHash,
        PromptHash = bad.Answer.PromptHash,
    };
}

/// <param name="Final">The node that ended the search, or else the best one; null when the root has no child.</param>
internal sealed record SearchResult(SearchTree Tree, TreeNode? Final);
