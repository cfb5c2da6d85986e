using SPaR.Judging;
using SPaR.Runs;

namespace SPaR.Refinement;

/// <summary>Grows children: asks for mended answers, has them judged, stores the rows and adds the nodes to the tree. Does not know
/// which nodes are worth growing from.</summary>
/// <remarks>Slots are worked on in batches. A batch is mended (one request per parent), then its distinct new answers are judged,
/// then its nodes are added in index order. Sequential expansion is batches of one. What a batch comes to does not depend on what
/// arrives first, so a walk that is resumed writes the same rows.</remarks>
internal sealed class Expander
{
    private readonly Walk walk;
    private readonly SearchTree tree;
    private readonly SearchOptions options;
    private readonly Mender mender;
    private readonly NodeJudge judge;

    // Dropped answers too: the seeds of votes come from the answer, so asking again would bring the same votes.
    private readonly Dictionary<string, Ballot> judged = [];
    private readonly Dictionary<string, NodeOutcome> stored;

    public Expander(Walk walk, SearchTree tree)
    {
        this.walk = walk;
        this.tree = tree;
        options = walk.Recipe.Refine;
        mender = new(walk);
        judge = new(walk);
        judged.Add(tree.Root.Text, new(tree.Root.Judgement, [], default));
        stored = walk.Journal.Found.Nodes.ToDictionary(n => n.Path, n => n.Outcome);
    }

    /// <summary>Up to <paramref name="branch"/> children of each parent. A branch that gives no node costs no budget; the next takes
    /// its place.</summary>
    public async Task<IReadOnlyList<TreeNode>> ExpandAsync(
        IReadOnlyList<TreeNode> parents, int branch, CancellationToken cancellationToken)
    {
        Slot[] slots = [.. parents.SelectMany(parent => Enumerable.Range(0, branch).Select(index => new Slot(parent, index)))];
        var children = new List<TreeNode>();
        for (var next = 0; next < slots.Length;)
        {
            // Parallel reserves the budget before it launches, so it is never exceeded; sequential looks at it after each child, as
            // the paper's own search does.
            var size = options.Expansion == Expansion.Sequential ? 1 : Math.Min(slots.Length - next, options.Budget - tree.Nodes.Count);
            if (size <= 0)
                break;
            children.AddRange(await GrowAsync(slots[next..(next + size)], cancellationToken));
            next += size;
            if (tree.Nodes.Count >= options.Budget)
                break;
        }

        foreach (var parent in parents)
            walk.Trunks.Release(parent.Judgement.Subject);
        return children;
    }

    private async Task<IReadOnlyList<TreeNode>> GrowAsync(Slot[] batch, CancellationToken cancellationToken)
    {
        var mended = new List<Node>();
        await InOrder.RunAsync(
            batch.GroupBy(slot => slot.Parent),
            (group, stop) => mender.AskAsync(group.Key, [.. group], stop),
            async (_, mendings) =>
            {
                if (mendings.Fresh.Count > 0)
                    await walk.Journal.SaveAsync(mendings.Fresh, mendings.Usage, cancellationToken);
                mended.AddRange(mendings.Nodes);
            },
            cancellationToken);

        var firsts = mended.Where(n => n.Text.Length > 0 && !judged.ContainsKey(n.Text)).DistinctBy(n => n.Text).ToHashSet();
        var children = new List<TreeNode>();
        await InOrder.RunAsync(
            batch.Zip(mended),
            async (place, stop) => firsts.Contains(place.Second) ? await judge.AskAsync(place.Second.Path, place.Second.Text, stop) : null,
            async (place, ballot) =>
            {
                if (ballot is not null)
                    judged.Add(place.Second.Text, ballot);
                if (await SettleAsync(place.Second, place.First.Parent, ballot, cancellationToken) is { } child)
                    children.Add(child);
            },
            cancellationToken);
        return children;
    }

    /// <param name="own">The judgements made for this very node; null for a reused answer or none.</param>
    /// <returns>The node in the tree, or null when the branch gave none.</returns>
    private async Task<TreeNode?> SettleAsync(Node mended, TreeNode parent, Ballot? own, CancellationToken cancellationToken)
    {
        if (mended.Text.Length == 0)
            return null;
        var ballot = own ?? judged[mended.Text];
        var outcome = ballot switch
        {
            { Last: null } => NodeOutcome.TooLong,
            { Decided: false } => NodeOutcome.Dropped,
            _ => own is null ? NodeOutcome.Reused : NodeOutcome.Judged,
        };
        var row = mended.Settle(outcome, ballot.Decided ? tree.Nodes.Count + 1 : null, ballot.Last);
        // The judgement and the node that it completes stand or fall together.
        if (stored.GetValueOrDefault(row.Path, NodeOutcome.Refined) == NodeOutcome.Refined)
            await walk.Journal.SaveAsync([.. own?.Fresh ?? [], row], own?.Usage ?? default, cancellationToken);
        if (!ballot.Decided)
            return null;
        var child = new TreeNode(row, ballot.Last!, parent);
        tree.Add(child);
        return child;
    }
}
