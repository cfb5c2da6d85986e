using SPaR.Method.Items;
using SPaR.Service.Instructions;
using SPaR.Service.Items;
using SPaR.Service.Models;
using SPaR.Service.Rounds;

namespace SPaR.Service.Runs;

/// <summary>Reads what an estimate is made from: the instructions, the models' files, and earlier runs with the same models.</summary>
internal sealed class RunEstimator(IEngineMemory memory, ModelFolder folder, TrainingEstimates trainings)
{
    /// <summary>A run tells little before so many of its instructions are done.</summary>
    private const int FewestDone = 10;

    public async Task<RunEstimate> EstimateAsync(SparDb db, Run run, CancellationToken cancellationToken)
    {
        var all = await db.InstructionSets.Where(s => s.Id == run.SetId).Select(s => s.Count).SingleAsync(cancellationToken);
        var ofRound = Math.Min(all, run.Preview ?? run.Recipe.InstructionsPerRound ?? all);
        var instructions = run.Rounds * ofRound;
        var basis = await BasisAsync(db, run, cancellationToken);
        var machine = new MachineMemory().Free();
        var expected = basis is null ? null : RunEstimate.ExpectedOf(run.Recipe, instructions, basis);
        return new(
            instructions, RunEstimate.MostOf(run.Recipe, instructions), expected, await MemoryAsync(db, run, cancellationToken),
            await trainings.ReadAsync(db, run, ofRound, expected?.Pairs / run.Rounds, basis, cancellationToken), machine?.Bytes,
            basis?.RunId);
    }

    private async Task<IReadOnlyList<ModelMemory>> MemoryAsync(SparDb db, Run run, CancellationToken cancellationToken)
    {
        var roles = new[] { (run.ActorId, "actor"), (run.RefinerId, "refiner"), (run.JudgeId, "judge") }
            .ToLookup(r => r.Item1, r => r.Item2);
        string[] ids = [.. roles.Select(r => r.Key)];
        var models = await db.Models.AsNoTracking().Include(m => m.Base).Where(m => ids.Contains(m.Id)).ToListAsync(cancellationToken);
        return await DedicatedThread.RunAsync<IReadOnlyList<ModelMemory>>(() => [.. models.Select(m => Of(m, [.. roles[m.Id]]))]);
    }

    /// <summary>A run would find the same when it starts.</summary>
    private ModelMemory Of(Model model, IReadOnlyList<string> roles)
    {
        try
        {
            return new(model.Id, roles, memory.Of(model.In(folder.Root)), null);
        }
        catch (ModelRejectedException e)
        {
            return new(model.Id, roles, null, folder.WithNames(e.Message));
        }
    }

    private static async Task<EstimateBasis?> BasisAsync(SparDb db, Run run, CancellationToken cancellationToken)
    {
        var allItems = db.RunItems;
        var found = await db.Runs.AsNoTracking()
            .Where(r => r.ActorId == run.ActorId && r.RefinerId == run.RefinerId && r.JudgeId == run.JudgeId)
            .OrderByDescending(r => r.Id)
            .Where(r => allItems.Count(i => i.RunId == r.Id && i.Round == 1 && Counted.Contains(i.State)) >= FewestDone)
            .FirstOrDefaultAsync(cancellationToken);
        if (found is null)
            return null;
        // Its first round: later ones have other models.
        var items = db.RunItems.Where(i => i.RunId == found.Id && i.Round == 1 && Counted.Contains(i.State));
        var sums = await items.GroupBy(_ => 1).Select(g => new
        {
            Done = g.Count(),
            Pairs = g.Count(i => i.State == ItemState.Paired),
            Sample = g.Sum(i => i.SampleGenerations),
            Judge = g.Sum(i => i.JudgeGenerations),
            Refine = g.Sum(i => i.RefineGenerations),
            SampleTokens = g.Sum(i => i.SampleTokens),
            JudgeTokens = g.Sum(i => i.JudgeTokens),
            RefineTokens = g.Sum(i => i.RefineTokens),
            Last = g.Max(i => i.FinishedAt),
        }).SingleAsync(cancellationToken);
        var started = await db.RunRounds.Where(r => r.RunId == found.Id && r.Round == 1).Select(r => r.StartedAt)
            .SingleAsync(cancellationToken);
        return new(
            found.Id, sums.Done, sums.Pairs, found.Recipe.Sample.N, found.Recipe.Judge.Critiques,
            new(sums.Sample, sums.Judge, sums.Refine), new(sums.SampleTokens, sums.JudgeTokens, sums.RefineTokens),
            (sums.Last!.Value - started).TotalSeconds);
    }

    private static readonly ItemState[] Counted =
        [ItemState.Paired, ItemState.AlreadyGood, ItemState.JudgeTie, ItemState.Unreadable, ItemState.SearchFailed, ItemState.NoContrast];
}
