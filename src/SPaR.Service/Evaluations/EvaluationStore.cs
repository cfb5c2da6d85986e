using System.Runtime.CompilerServices;
using System.Text.Json;
using SPaR.Evaluation.Benchmarks;
using SPaR.Evaluation.Statistics;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Method.Recipes;

namespace SPaR.Service.Evaluations;

/// <summary>Reads the items of an evaluation and stores their results. Asks no model and measures nothing.</summary>
internal sealed class EvaluationStore(IDbContextFactory<SparDb> databases, TimeProvider time)
{
    private const int PageItems = 200;

    /// <summary>The items that have no result yet, in order.</summary>
    public async IAsyncEnumerable<OrdinalItem> OpenItemsAsync(
        EvaluationRun evaluation, IBenchmark benchmark, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var done = await DoneAsync(evaluation.Id, cancellationToken);
        var items = evaluation.SetId is { } set
            ? StoredAsync(set, evaluation.Items, cancellationToken)
            : benchmark.Own!.Take(evaluation.Items).Select((item, i) => new OrdinalItem(i, item)).ToAsyncEnumerable();
        await foreach (var item in items)
            if (!done.Contains(item.Ordinal))
                yield return item;
    }

    /// <summary>Stores a result, unless the item has one.</summary>
    public async Task SaveAsync(EvaluationRun evaluation, OrdinalItem item, ItemEnding ending, RunModels models)
    {
        var result = ending.Result is null ? null : JsonSerializer.Serialize(ending.Result, RowJson.Options);
        var refiner = evaluation.RefinerId is null ? null : models.Refiner.File.Hash;
        var judge = evaluation.JudgeId is null ? null : models.Judge.File.Hash;
        // What was computed is stored, also when the evaluation has just been paused.
        await using var db = await databases.CreateDbContextAsync(CancellationToken.None);
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO spar.evaluation_results (evaluation_id, ordinal, key, state, message, result, actor_hash, refiner_hash, judge_hash,
                prompt_hash, created_at)
            VALUES ({evaluation.Id}, {item.Ordinal}, {item.Item.Key}, {EnumName.Of(ending.State)}, {ending.Message}, {result}::jsonb,
                {models.Actor.File.Hash}, {refiner}, {judge}, {PromptHash.Of(evaluation.Recipe.Prompts)}, {time.GetUtcNow()})
            ON CONFLICT (evaluation_id, ordinal) DO NOTHING
            """, CancellationToken.None);
    }

    /// <summary>Sums up the results of all items.</summary>
    /// <exception cref="EvaluationException">None could be measured, so there is nothing to sum.</exception>
    public async Task<EvaluationMetrics> SumUpAsync(
        EvaluationRun evaluation, IBenchmark benchmark, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var results = db.EvaluationResults.AsNoTracking().Where(r => r.EvaluationId == evaluation.Id).OrderBy(r => r.Ordinal);
        if (!await results.AnyAsync(r => r.State == ResultState.Done, cancellationToken))
            throw new EvaluationException(
                "no-item-measured", $"No item of the evaluation {evaluation.Id} could be measured, the first because: "
                + await results.Select(r => r.Message).FirstAsync(cancellationToken));
        return EvaluationMetrics.Of(
            benchmark, await results.Where(r => r.State == ResultState.Done).Select(r => r.Result!).ToListAsync(cancellationToken));
    }

    private async Task<HashSet<int>> DoneAsync(string evaluationId, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return (await db.EvaluationResults.Where(r => r.EvaluationId == evaluationId).Select(r => r.Ordinal)
            .ToListAsync(cancellationToken)).ToHashSet();
    }

    private async IAsyncEnumerable<OrdinalItem> StoredAsync(
        string set, int items, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var next = 0; next < items; next += PageItems)
        {
            // A connection for a page, not for as long as the items take.
            await using var db = await databases.CreateDbContextAsync(cancellationToken);
            var (from, to) = (next, Math.Min(items, next + PageItems));
            var page = await db.BenchmarkItems.AsNoTracking().Where(i => i.SetId == set && i.Ordinal >= from && i.Ordinal < to)
                .OrderBy(i => i.Ordinal).ToListAsync(cancellationToken);
            foreach (var item in page)
                yield return new(item.Ordinal, new(item.Key, item.Body));
        }
    }
}

/// <param name="Ordinal">Its position among the items.</param>
internal sealed record OrdinalItem(int Ordinal, BenchmarkItem Item);

/// <summary>How an item ended.</summary>
/// <param name="Message">Why there is no result.</param>
internal sealed record ItemEnding(ResultState State, string? Message, ItemResult? Result)
{
    public static ItemEnding Done(ItemResult result) => new(ResultState.Done, null, result);
}
