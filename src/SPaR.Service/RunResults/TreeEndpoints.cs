using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method.Items;
using SPaR.Service.Http;
using SPaR.Service.Instructions;
using SPaR.Service.Items;
using SPaR.Service.Keys;

namespace SPaR.Service.RunResults;

/// <summary>Shows a run's refinement trees with all answers, votes and critiques.</summary>
internal static class TreeEndpoints
{
    public static void MapTrees(this IEndpointRouteBuilder api)
    {
        var trees = api.MapGroup("/runs/{id}/trees").WithTags("Data");
        trees.MapGet("", List).RequireScope(Scope.Read).WithName("ListTrees")
            .WithSummary("List a round's instructions that have a tree, in order");
        trees.MapGet("/{instruction}", Get).RequireScope(Scope.Read).WithName("GetTree")
            .WithSummary("Get an instruction's answers and tree")
            .WithDescription(
                "The sampled answers with their votes, and the tree that grew from a bad one: its nodes in the order in which they were "
                + "added, with votes, critiques, values and outcomes. Without a bad answer there are no nodes.");
    }

    private static async Task<Results<Ok<Page<TreeSummary>>, NotFoundProblem>> List(
        string id, [AsParameters] PageQuery page, SparDb db, CancellationToken cancellationToken, int round = 1)
    {
        if (!await db.Runs.AnyAsync(r => r.Id == id, cancellationToken))
            return NotFoundProblem.Of("run", id);
        var after = page.AfterOrdinal;
        // Most items of a run that has just begun have no row yet; their nodes need not be looked for.
        var rows = await db.RunItems.Where(
            item => item.RunId == id && item.Round == round && item.Ordinal > after && item.SampleGenerations > 0)
            .GroupJoin(
                db.Nodes,
                item => new { item.RunId, item.Round, item.InstructionId },
                node => new { node.RunId, node.Round, node.InstructionId },
                (item, nodes) => new { item, nodes })
            .Where(x => x.nodes.Any()).OrderBy(x => x.item.Ordinal)
            .Select(x => new TreeSummary(
                x.item.InstructionId, x.item.Ordinal, x.item.State, x.item.Detail, x.nodes.Count(n => n.Order != null),
                x.nodes.Max(n => n.Value)))
            .Take(page.Take).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.Of(rows, t => $"{t.Ordinal}"));
    }

    private static async Task<Results<Ok<TreeView>, NotFoundProblem>> Get(
        string id, string instruction, SparDb db, CancellationToken cancellationToken, int round = 1)
    {
        var key = new ItemKey(id, round, instruction);
        var item = await Of(db.RunItems, key).FirstOrDefaultAsync(cancellationToken);
        if (item is null)
            return NotFoundProblem.Of($"instruction in round {round} of run '{id}'", instruction);
        var prompt = await db.Instructions.AsNoTracking().SingleAsync(i => i.Id == instruction, cancellationToken);
        var answers = await Of(db.Answers, key).OrderBy(a => a.Index).ToListAsync(cancellationToken);
        var judgements = await Of(db.Judgements, key).OrderBy(j => j.Attempt).ToListAsync(cancellationToken);
        var nodes = await Of(db.Nodes, key).ToListAsync(cancellationToken);
        var pair = await Of(db.Pairs, key).FirstOrDefaultAsync(cancellationToken);
        return TypedResults.Ok(TreeView.Of(
            key, item.Ordinal, item.State, item.Detail, prompt.Messages, new(answers, judgements, nodes), pair));
    }

    private static IQueryable<RunItem> Of(IQueryable<RunItem> items, ItemKey key) => items.AsNoTracking().Where(
        x => x.RunId == key.RunId && x.Round == key.Round && x.InstructionId == key.InstructionId);

    private static IQueryable<T> Of<T>(IQueryable<T> rows, ItemKey key)
        where T : class, IItemRow => rows.AsNoTracking().Where(
            x => x.RunId == key.RunId && x.Round == key.Round && x.InstructionId == key.InstructionId);
}

/// <param name="Nodes">Number of nodes, including the root.</param>
/// <param name="BestValue">Highest value of any node.</param>
internal sealed record TreeSummary(
    string InstructionId, int Ordinal, ItemState State, string? Detail, int Nodes, double? BestValue);
