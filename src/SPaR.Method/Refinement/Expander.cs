using SPaR.Method.Items;
using SPaR.Method.Judging;
using SPaR.Method.Recipes;

namespace SPaR.Method.Refinement;

/// <summary>Grows children: asks for refined answers, has them judged, stores the rows and adds the nodes to the tree. Does not know
/// which nodes are worth expanding.</summary>
/// <remarks>Slots are filled in batches. The refiner is asked for a batch (one request per parent), then its distinct new answers are
/// judged, then its nodes are added in index order. Sequential expansion is batches of one. The result of a batch does not depend on
/// which reply arrives first, so a resumed item writes the same rows.</remarks>
internal sealed class Expander
{
    private readonly ItemRun _item;
    private readonly SearchTree _tree;
    private readonly SearchOptions _options;
    private readonly RefinementRequester _refiner;
    private readonly NodeJudge _judge;

    // By answer, dropped ones included: the seeds of votes derive from the answer, so judging it again would give the same votes.
    private readonly Dictionary<string, JudgeAttempts> _judged = [];
    private readonly Dictionary<string, NodeOutcome> _stored;

    public Expander(ItemRun item, SearchTree tree)
    {
        _item = item;
        _tree = tree;
        _options = item.Recipe.Refine;
        _refiner = new(item);
        _judge = new(item);
        _judged.Add(tree.Root.Text, new(tree.Root.Judgement, [], default));
        _stored = item.Journal.Found.Nodes.ToDictionary(n => n.Path, n => n.Outcome);
    }

    /// <summary>Grows up to <paramref name="branch"/> children of each parent. A branch that gives no node costs no budget; the next
    /// one takes its place.</summary>
    public async Task<IReadOnlyList<TreeNode>> ExpandAsync(
        IReadOnlyList<TreeNode> parents, int branch, CancellationToken cancellationToken)
    {
        Slot[] slots = [.. parents.SelectMany(parent => Enumerable.Range(0, branch).Select(index => new Slot(parent, index)))];
        var children = new List<TreeNode>();
        for (var next = 0; next < slots.Length;)
        {
            // Parallel expansion never starts more slots than the budget has left. Sequential checks the budget after each child, as
            // the paper's own search does.
            var size = _options.Expansion == Expansion.Sequential ? 1 : Math.Min(slots.Length - next, _options.Budget - _tree.Nodes.Count);
            if (size <= 0)
                break;
            children.AddRange(await GrowAsync(slots[next..(next + size)], cancellationToken));
            next += size;
            if (_tree.Nodes.Count >= _options.Budget)
                break;
        }

        foreach (var parent in parents)
            _item.Prefixes.Release(parent.Judgement.Subject);
        return children;
    }

    private async Task<IReadOnlyList<TreeNode>> GrowAsync(Slot[] batch, CancellationToken cancellationToken)
    {
        var refined = await RefineAsync(batch, cancellationToken);
        var toJudge = refined.Where(n => n.Text.Length > 0 && !_judged.ContainsKey(n.Text)).DistinctBy(n => n.Text)
            .Select(n => n.Path).ToHashSet();
        var children = new List<TreeNode>();
        await InOrder.RunAsync(
            batch.Zip(refined, (slot, node) => (slot.Parent, Node: node)),
            async (child, token) => toJudge.Contains(child.Node.Path)
                ? await _judge.JudgeAsync(child.Node.Path, child.Node.Text, token)
                : null,
            async (child, judged) =>
            {
                if (judged is not null)
                    _judged.Add(child.Node.Text, judged);
                if (await AddAsync(child.Node, child.Parent, judged, cancellationToken) is { } added)
                    children.Add(added);
            },
            cancellationToken);
        return children;
    }

    /// <returns>One row per slot, in order.</returns>
    private async Task<IReadOnlyList<Node>> RefineAsync(Slot[] batch, CancellationToken cancellationToken)
    {
        var refined = new List<Node>();
        await InOrder.RunAsync(
            batch.GroupBy(slot => slot.Parent),
            (group, token) => _refiner.RequestAsync(group.Key, [.. group], token),
            async (_, refinements) =>
            {
                if (refinements.Fresh.Count > 0)
                    await _item.Journal.SaveAsync(refinements.Fresh, refinements.Usage, cancellationToken);
                refined.AddRange(refinements.Nodes);
            },
            cancellationToken);
        return refined;
    }

    /// <param name="own">The judgements made for this very node; null for a reused answer or none.</param>
    /// <returns>The node in the tree; null when the branch gave none.</returns>
    private async Task<TreeNode?> AddAsync(Node refined, TreeNode parent, JudgeAttempts? own, CancellationToken cancellationToken)
    {
        if (refined.Text.Length == 0)
            return null;
        var judged = own ?? _judged[refined.Text];
        var outcome = judged switch
        {
            { Last: null } => NodeOutcome.TooLong,
            { IsDecided: false } => NodeOutcome.Dropped,
            _ => own is null ? NodeOutcome.Reused : NodeOutcome.Judged,
        };
        var row = refined.WithJudgement(outcome, judged.IsDecided ? _tree.Nodes.Count + 1 : null, judged.Last);
        // In one write: the node is never stored as judged without its judgement.
        if (_stored.GetValueOrDefault(row.Path, NodeOutcome.Refined) == NodeOutcome.Refined)
            await _item.Journal.SaveAsync([.. own?.Fresh ?? [], row], own?.Usage ?? default, cancellationToken);
        if (!judged.IsDecided)
            return null;
        var child = new TreeNode(row, judged.Last!, parent);
        _tree.Add(child);
        return child;
    }
}
