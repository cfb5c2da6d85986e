using SPaR.Method.Items;
using SPaR.Method.Judging;
using SPaR.Method.Recipes;

namespace SPaR.Method.Refinement;

/// <summary>Grows children: asks for mended answers, has them judged, stores the rows and adds the nodes to the tree. Does not know
/// which nodes are worth growing from.</summary>
/// <remarks>Slots are worked on in batches. A batch is mended (one request per parent), then its distinct new answers are judged,
/// then its nodes are added in index order. Sequential expansion is batches of one. What a batch comes to does not depend on what
/// arrives first, so a walk that is resumed writes the same rows.</remarks>
internal sealed class Expander
{
    private readonly ItemRun _item;
    private readonly SearchTree _tree;
    private readonly SearchOptions _options;
    private readonly RefinementRequester _mender;
    private readonly NodeJudge _judge;

    // Dropped answers too: the seeds of votes come from the answer, so asking again would bring the same votes.
    private readonly Dictionary<string, NodeJudgement> _judged = [];
    private readonly Dictionary<string, NodeOutcome> _stored;

    public Expander(ItemRun item, SearchTree tree)
    {
        _item = item;
        _tree = tree;
        _options = item.Recipe.Refine;
        _mender = new(item);
        _judge = new(item);
        _judged.Add(tree.Root.Text, new(tree.Root.Judgement, [], default));
        _stored = item.Journal.Found.Nodes.ToDictionary(n => n.Path, n => n.Outcome);
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
        var refined = new List<Node>();
        await InOrder.RunAsync(
            batch.GroupBy(slot => slot.Parent),
            (group, stop) => _mender.RequestAsync(group.Key, [.. group], stop),
            async (_, refinements) =>
            {
                if (refinements.Fresh.Count > 0)
                    await _item.Journal.SaveAsync(refinements.Fresh, refinements.Usage, cancellationToken);
                refined.AddRange(refinements.Nodes);
            },
            cancellationToken);

        var firsts = refined.Where(n => n.Text.Length > 0 && !_judged.ContainsKey(n.Text)).DistinctBy(n => n.Text).ToHashSet();
        var children = new List<TreeNode>();
        await InOrder.RunAsync(
            batch.Zip(refined),
            async (place, stop) => firsts.Contains(place.Second) ? await _judge.AskAsync(place.Second.Path, place.Second.Text, stop) : null,
            async (place, judgement) =>
            {
                if (judgement is not null)
                    _judged.Add(place.Second.Text, judgement);
                if (await CompleteAsync(place.Second, place.First.Parent, judgement, cancellationToken) is { } child)
                    children.Add(child);
            },
            cancellationToken);
        return children;
    }

    /// <param name="own">The judgements made for this very node; null for a reused answer or none.</param>
    /// <returns>The node in the tree, or null when the branch gave none.</returns>
    private async Task<TreeNode?> CompleteAsync(Node refined, TreeNode parent, NodeJudgement? own, CancellationToken cancellationToken)
    {
        if (refined.Text.Length == 0)
            return null;
        var judgement = own ?? _judged[refined.Text];
        var outcome = judgement switch
        {
            { Last: null } => NodeOutcome.TooLong,
            { Decided: false } => NodeOutcome.Dropped,
            _ => own is null ? NodeOutcome.Reused : NodeOutcome.Judged,
        };
        var row = refined.WithJudgement(outcome, judgement.Decided ? _tree.Nodes.Count + 1 : null, judgement.Last);
        // The judgement and the node that it completes stand or fall together.
        if (_stored.GetValueOrDefault(row.Path, NodeOutcome.Refined) == NodeOutcome.Refined)
            await _item.Journal.SaveAsync([.. own?.Fresh ?? [], row], own?.Usage ?? default, cancellationToken);
        if (!judgement.Decided)
            return null;
        var child = new TreeNode(row, judgement.Last!, parent);
        _tree.Add(child);
        return child;
    }
}
