using SPaR.Judging;
using SPaR.Runs;

namespace SPaR.Refinement;

/// <summary>Mends one bad answer by tree search. Does not know pairs.</summary>
internal static class RefineStage
{
    public static async Task<SearchResult> RunAsync(Walk walk, JudgedAnswer bad, CancellationToken cancellationToken)
    {
        var root = RootRow(walk, bad);
        if (!walk.Journal.Found.Nodes.Any(n => n.Path == root.Path))
            await walk.Journal.SaveAsync([root], default, cancellationToken);
        var tree = new SearchTree(new(root, bad.Judgement, null));
        var strategy = SearchStrategies.All[walk.Recipe.Refine.Strategy];
        var passed = await strategy.SearchAsync(new(walk, tree, new Expander(walk, tree)), cancellationToken);
        return new(tree, passed ?? tree.Best());
    }

    public static Node RootRow(Walk walk, JudgedAnswer bad) => new()
    {
        RunId = walk.Key.RunId,
        Round = walk.Key.Round,
        InstructionId = walk.Key.InstructionId,
        Path = "r",
        Depth = 0,
        Order = 0,
        Outcome = NodeOutcome.Judged,
        Text = bad.Answer.Text,
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

/// <param name="Final">The node that the search settled on; null when the root has no child.</param>
internal sealed record SearchResult(SearchTree Tree, TreeNode? Final);
