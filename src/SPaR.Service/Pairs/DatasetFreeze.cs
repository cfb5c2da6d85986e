using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Method.Pairs;
using SPaR.Method.Recipes;
using SPaR.Service.Datasets;
using SPaR.Service.Evaluations;
using SPaR.Service.Items;

namespace SPaR.Service.Pairs;

/// <summary>Which pairs of which runs become a dataset.</summary>
/// <param name="Rounds">Null for all rounds.</param>
/// <param name="Filtered">Whether pairs that the runs' recipes leave out of trainings are taken too.</param>
internal sealed record FreezeOrder(
    string Name, IReadOnlyList<string> Runs, IReadOnlyList<int>? Rounds, PairFilterOptions Filters, bool Filtered);

/// <summary>Copies pairs of runs into a dataset, in one transaction. Holds a batch of them in memory.</summary>
internal sealed class DatasetFreeze(SparDb db, IDbContextFactory<SparDb> databases, TimeProvider time, FreezeOrder order) : IDisposable
{
    private const int BatchRows = 2000, BatchBytes = 4 << 20;

    private readonly string _id = Ids.New("ds", time);
    private readonly RowHash _hash = new();
    private readonly RowCopy<DatasetRow> _rows = new(db);
    private readonly Dictionary<string, int> _leftOut = [];
    private int _count, _pairs, _bytes;

    /// <exception cref="InvalidInputException">Code <c>no-pairs</c>: there is none, or the filters leave all out.</exception>
    public async Task<Dataset> TakeAsync(CancellationToken cancellationToken)
    {
        var filters = new PairFilters(
            order.Filters, await BenchmarkTexts.ReadAsync(db, order.Filters.Contamination, cancellationToken));
        foreach (var filter in PairFilters.Active(order.Filters))
            _leftOut[EnumName.Of(filter)] = 0;
        if (!order.Filtered)
            _leftOut[DatasetOrigin.ByRecipe] = 0;
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        // Until it is complete: two datasets of one name do not wait for each other.
        db.Datasets.Add(new()
        {
            Id = _id,
            Name = _id,
            Version = 0,
            Format = Dataset.Frozen,
            Kind = DatasetKind.Preferences,
            Count = 0,
            Sha256 = "",
            CreatedAt = time.GetUtcNow(),
        });
        await db.SaveChangesAsync(cancellationToken);
        foreach (var run in order.Runs)
            await foreach (var source in PairRows.ReadAsync(
                databases, new(run, null, LeaveOutFiltered: false, HumanFilter.Any), cancellationToken))
                await TakeAsync(source, filters, cancellationToken);
        await FlushAsync(cancellationToken);
        if (_count == 0)
            throw new InvalidInputException("no-pairs", [new("runs", WhyNone())]);
        await CompleteAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return await db.Datasets.AsNoTracking().SingleAsync(d => d.Id == _id, cancellationToken);
    }

    public void Dispose() => _hash.Dispose();

    private async Task TakeAsync(PairOrigins source, PairFilters filters, CancellationToken cancellationToken)
    {
        var pair = source.Pair.As(source.Human);
        if (order.Rounds?.Contains(pair.Round) is false)
            return;
        if (++_pairs % BatchRows == 0)
            await FlushAsync(cancellationToken);
        var prompt = string.Join('\n', source.Instruction.Messages.Select(m => m.Content));
        var filter = !order.Filtered && pair.FilteredBy is not null
            ? DatasetOrigin.ByRecipe
            : filters.Of(pair, prompt, source.Human?.Verdict) is { } by ? EnumName.Of(by) : null;
        if (filter is not null)
        {
            _leftOut[filter]++;
            return;
        }

        var messages = source.Instruction.Messages.Select(TrainingMessage.Of).ToArray();
        _hash.Add(messages, pair.Chosen, pair.Rejected);
        _rows.Add(new()
        {
            DatasetId = _id,
            Ordinal = _count++,
            Place = pair.Id,
            Messages = [.. messages],
            Chosen = pair.Chosen,
            Rejected = pair.Rejected,
            Metadata = source.Instruction.Metadata?.DeepClone(),
            PairId = pair.Id,
            Facts = FactsOf(pair, source.Human?.Verdict),
        });
        _bytes += prompt.Length + pair.Chosen.Length + pair.Rejected.Length;
        if (_bytes >= BatchBytes)
            await FlushAsync(cancellationToken);
    }

    private static PairFacts FactsOf(Pair pair, HumanVerdict? human) => new(
        pair.RunId, pair.Round, pair.InstructionId, pair.ChosenValue, pair.RejectedValue, pair.Similarity,
        pair is { ChosenVerifier: { } chosen, RejectedVerifier: { } rejected } ? chosen.AllStrict && !rejected.AllStrict : null,
        human, pair.FilteredBy);

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _rows.StoreAsync(cancellationToken);
        // Where the filters leave out all, the transaction must not look abandoned.
        await db.Database.ExecuteSqlAsync($"SELECT 1", cancellationToken);
        _bytes = 0;
    }

    private async Task CompleteAsync(CancellationToken cancellationToken)
    {
        var origin = new DatasetOrigin(
            order.Runs, order.Rounds, order.Filters, order.Filtered, _pairs, _leftOut, await ModelsAsync(cancellationToken));
        var (count, sha256) = (_count, _hash.Finish());
        var runs = await db.Runs.AsNoTracking().Where(r => order.Runs.Contains(r.Id)).ToListAsync(cancellationToken);
        IReadOnlyDictionary<string, JsonElement> recipes =
            runs.ToDictionary(r => r.Id, r => JsonElement.Parse(RecipeJson.Write(r.Recipe)));
        var version = await DatasetVersions.NextAsync(db, order.Name, cancellationToken);
        await db.Datasets.Where(d => d.Id == _id).ExecuteUpdateAsync(
            set => set.SetProperty(d => d.Name, order.Name).SetProperty(d => d.Version, version).SetProperty(d => d.Count, count)
                .SetProperty(d => d.Sha256, sha256).SetProperty(d => d.Origin, origin).SetProperty(d => d.Recipes, recipes),
            cancellationToken);
    }

    /// <returns>SHA-256 of every model of the rounds, by its id.</returns>
    private async Task<IReadOnlyDictionary<string, string>> ModelsAsync(CancellationToken cancellationToken)
    {
        var (runs, rounds) = (order.Runs.ToArray(), order.Rounds?.ToArray());
        var models = await db.Database.SqlQuery<UsedModel>(
            $"""
            SELECT DISTINCT models.id, models.sha256 FROM spar.run_rounds JOIN spar.models
                ON models.id IN (run_rounds.actor_id, run_rounds.refiner_id, run_rounds.judge_id)
            WHERE run_rounds.run_id = ANY({runs}) AND run_rounds.round > 0
                AND ({rounds}::integer[] IS NULL OR run_rounds.round = ANY({rounds}::integer[]))
            ORDER BY models.id
            """).ToListAsync(cancellationToken);
        return models.ToDictionary(m => m.Id, m => m.Sha256);
    }

    private string WhyNone() => _pairs == 0
        ? "have no pairs (in these rounds); /v1/runs shows how their instructions ended."
        : $"have {_pairs} pairs, and the filters leave out all: "
            + $"{string.Join(", ", _leftOut.Where(f => f.Value > 0).Select(f => $"{f.Key} {f.Value}"))}. Ask for less.";

    private sealed record UsedModel(string Id, string Sha256);
}
