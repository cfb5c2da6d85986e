using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Method.Pairs;
using SPaR.Method.Recipes;
using SPaR.Method.Verifying;
using SPaR.Service.Instructions;
using SPaR.Service.Items;
using SPaR.Service.Keys;

namespace SPaR.Service.Pairs;

/// <summary>Stores verdicts, and decides anew whether the human filter of the run's recipe leaves the pair out.</summary>
internal sealed class VerdictStore(SparDb db, TimeProvider time)
{
    /// <summary>Runs a change to the verdict on a pair in one transaction. The lock on the run's row keeps out the end of the round's
    /// self-play, which applies the filters, and any other change to a verdict on the same pair waits for the lock on the pair.</summary>
    /// <returns>Null if there is no such pair.</returns>
    public async Task<T?> ChangeAsync<T>(string pairId, Func<GivenPair, Task<T>> change, CancellationToken cancellationToken)
        where T : class
    {
        if (await db.Pairs.Where(p => p.Id == pairId).Select(p => p.RunId).FirstOrDefaultAsync(cancellationToken) is not { } run)
            return null;
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync($"SELECT 1 FROM spar.runs WHERE id = {run} FOR SHARE", cancellationToken);
        await db.Database.ExecuteSqlAsync($"SELECT 1 FROM spar.pairs WHERE id = {pairId} FOR UPDATE", cancellationToken);
        if (await db.GivenPairs().FirstOrDefaultAsync(g => g.Pair.Id == pairId, cancellationToken) is not { } given)
            return null;
        var result = await change(given);
        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    public async Task<PairVerdict> SaveAsync(
        GivenPair item, HumanVerdict verdict, VerdictRequest request, KeyGrant grant, CancellationToken cancellationToken)
    {
        var pair = item.Pair;
        var row = new PairVerdict
        {
            RunId = pair.RunId,
            Round = pair.Round,
            InstructionId = pair.InstructionId,
            Verdict = verdict,
            Chosen = request.Chosen,
            ChosenVerifier = request.Chosen is { } edited ? await VerifyAsync(pair.InstructionId, edited, cancellationToken) : null,
            Note = request.Note,
            KeyId = grant.Id,
            KeyName = grant.Name,
            At = time.GetUtcNow(),
            Revision = Ids.New("vrd", time),
        };
        await Of(pair).ExecuteDeleteAsync(cancellationToken);
        db.PairVerdicts.Add(row);
        await db.SaveChangesAsync(cancellationToken);
        await FilterAsync(pair, verdict, cancellationToken);
        return row;
    }

    public async Task RemoveAsync(GivenPair item, CancellationToken cancellationToken)
    {
        await Of(item.Pair).ExecuteDeleteAsync(cancellationToken);
        await FilterAsync(item.Pair, null, cancellationToken);
    }

    private IQueryable<PairVerdict> Of(Pair pair) => db.PairVerdicts.Where(
        v => v.RunId == pair.RunId && v.Round == pair.Round && v.InstructionId == pair.InstructionId);

    private async Task<Verification?> VerifyAsync(string instruction, string answer, CancellationToken cancellationToken)
    {
        var given = await db.Instructions.AsNoTracking().SingleAsync(i => i.Id == instruction, cancellationToken);
        return ConstraintVerifier.Of(given.Constraints, given.Messages)?.Check(answer);
    }

    /// <summary>Until its self-play has ended a round has no filtered pairs; then all filters are applied. The human filter is the last, so
    /// a pair that another leaves out stays as it is.</summary>
    private async Task FilterAsync(Pair pair, HumanVerdict? verdict, CancellationToken cancellationToken)
    {
        var recipe = await db.Runs.Where(r => r.Id == pair.RunId).Select(r => r.Recipe).SingleAsync(cancellationToken);
        if (recipe.PairFilters.Human is HumanFilter.Any || pair.FilteredBy is not (null or PairFilter.Human))
            return;
        var filter = PairFilters.Passes(recipe.PairFilters.Human, verdict) ? null : EnumName.Of(PairFilter.Human);
        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE spar.pairs SET filtered_by = {filter} FROM spar.run_rounds
            WHERE pairs.id = {pair.Id} AND run_rounds.run_id = pairs.run_id AND run_rounds.round = pairs.round
                AND run_rounds.stage <> 'self-play'
            """, cancellationToken);
    }
}
