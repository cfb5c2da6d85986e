using System.Globalization;
using System.Text.Json.Nodes;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Service.Datasets;
using SPaR.Service.Evaluations;
using SPaR.Service.Instructions;
using SPaR.Service.Items;
using SPaR.Service.Models;
using SPaR.Service.Rounds;
using SPaR.Service.Trainings;

namespace SPaR.Service.Lineage;

/// <summary>Follows a pair through the tables, both ways.</summary>
internal static class PairLineageReader
{
    /// <summary>Of each kind, the most that are listed.</summary>
    private const int Most = 200;

    /// <returns>Null if there is no such pair.</returns>
    public static async Task<PairLineage?> ReadAsync(SparDb db, string id, CancellationToken cancellationToken)
    {
        if (await db.GivenPairs().FirstOrDefaultAsync(g => g.Pair.Id == id, cancellationToken) is not { } given)
            return null;
        var pair = given.Pair;
        var instruction = await db.Instructions.AsNoTracking().SingleAsync(i => i.Id == pair.InstructionId, cancellationToken);
        var set = await db.InstructionSets.AsNoTracking().SingleAsync(s => s.Id == instruction.SetId, cancellationToken);
        var (rejected, chosen) = await StepsAsync(db, pair, cancellationToken);
        var datasets = await DatasetsAsync(db, pair.Id, cancellationToken);
        var trainings = await TrainingsAsync(db, given, [.. datasets.Select(d => d.Id)], cancellationToken);
        var models = await ModelsAsync(db, trainings, cancellationToken);
        return new(
            pair.Id, new(instruction.Id, set.Id, set.Name, instruction.Ordinal, instruction.Messages),
            await RunAsync(db, pair, cancellationToken), rejected, chosen,
            new(pair.ChosenValue, pair.RejectedValue, pair.Similarity, pair.FilteredBy),
            given.Human is { } human ? GivenVerdictView.Of(human) : null, datasets, trainings, models,
            await EvaluationsAsync(db, [.. models.Select(m => m.Id)], cancellationToken));
    }

    private static async Task<LineageRun> RunAsync(SparDb db, Pair pair, CancellationToken cancellationToken)
    {
        var run = await db.Runs.AsNoTracking().SingleAsync(r => r.Id == pair.RunId, cancellationToken);
        var round = await db.RunRounds.AsNoTracking().SingleAsync(r => r.RunId == pair.RunId && r.Round == pair.Round, cancellationToken);
        string[] ids = [round.ActorId, round.RefinerId, round.JudgeId];
        var models = await db.Models.AsNoTracking().Where(m => ids.Contains(m.Id)).ToDictionaryAsync(m => m.Id, cancellationToken);
        return new(
            run.Id, run.Name, pair.Round, run.Recipe.Name, run.Seed.ToString(CultureInfo.InvariantCulture), Of(round.ActorId),
            Of(round.RefinerId), Of(round.JudgeId));

        LineageModel Of(string model) => new(model, models.GetValueOrDefault(model)?.Name, models.GetValueOrDefault(model)?.Sha256);
    }

    /// <returns>The sampled answer that was rejected, and the way to the chosen one.</returns>
    private static async Task<(LineageStep Rejected, IReadOnlyList<LineageStep> Chosen)> StepsAsync(
        SparDb db, Pair pair, CancellationToken cancellationToken)
    {
        var answers = await Of(db.Answers, pair).ToDictionaryAsync(a => $"a{a.Index}", cancellationToken);
        var judgements = (await Of(db.Judgements, pair).OrderBy(j => j.Attempt).ToListAsync(cancellationToken)).ToLookup(j => j.Subject);
        var rejected = LineageStep.Of(answers[pair.RejectedFrom], judgements[pair.RejectedFrom].LastOrDefault());
        if (answers.TryGetValue(pair.ChosenFrom, out var independent))
            return (rejected, [LineageStep.Of(independent, judgements[pair.ChosenFrom].LastOrDefault())]);
        var parts = pair.ChosenFrom.Split('.');
        string[] path = [.. Enumerable.Range(1, parts.Length).Select(length => string.Join('.', parts.Take(length)))];
        var nodes = await Of(db.Nodes, pair).Where(n => path.Contains(n.Path)).ToListAsync(cancellationToken);
        return (rejected,
            [
                .. nodes.OrderBy(n => n.Depth).Select(n => LineageStep.Of(
                    n, judgements[n.JudgedAs ?? ""].LastOrDefault(j => j.Attempt == n.JudgedAttempt))),
            ]);
    }

    private static Task<List<LineageDataset>> DatasetsAsync(SparDb db, string pair, CancellationToken cancellationToken) => (
        from row in db.DatasetRows
        join dataset in db.Datasets on row.DatasetId equals dataset.Id
        where row.PairId == pair
        orderby dataset.Id
        select new LineageDataset(dataset.Id, dataset.Name, dataset.Version, dataset.Sha256, row.Ordinal)).Take(Most)
        .ToListAsync(cancellationToken);

    private static async Task<List<LineageTraining>> TrainingsAsync(
        SparDb db, GivenPair given, string[] datasets, CancellationToken cancellationToken)
    {
        var pair = given.Pair;
        // A training of the round took it unless a filter left it out; the human filter may have done so only later.
        var sources = datasets.Select(id => new JsonObject { ["upload"] = id });
        if (pair.FilteredBy is null or PairFilter.Human)
            sources = sources.Append(new JsonObject { ["run"] = pair.RunId, ["round"] = pair.Round, ["data"] = "preferences" });
        var ids = new List<string>();
        // One by one, so that each is looked up in the index.
        foreach (var source in sources.Select(source => new JsonArray(source).ToJsonString()))
            ids.AddRange(await db.Database.SqlQuery<string>(
                $"""SELECT id AS "Value" FROM spar.training_runs WHERE sources @> {source}::jsonb ORDER BY id LIMIT {Most}""")
                .ToListAsync(cancellationToken));
        var rows = await db.TrainingRuns.AsNoTracking().Where(t => ids.Contains(t.Id)).OrderBy(t => t.Id).Take(Most)
            .ToListAsync(cancellationToken);
        rows.RemoveAll(t => !t.Sources.Any(s => datasets.Contains(s.Upload)) && pair.FilteredBy is PairFilter.Human
            && !(t.StartedAt < given.Human?.At));
        var dropped = await db.TrainingDroppedRows.Where(d => ids.Contains(d.TrainingRunId) && d.RowId == pair.Id)
            .ToDictionaryAsync(d => d.TrainingRunId, d => d.Reason, cancellationToken);
        return rows.ConvertAll(t => new LineageTraining(
            t.Id, t.Name, EnumName.Of(t.Method), t.Status, t.Sources, t.DatasetHash, t.ResultId, dropped.GetValueOrDefault(t.Id)));
    }

    private static async Task<List<LineageModel>> ModelsAsync(
        SparDb db, List<LineageTraining> trainings, CancellationToken cancellationToken)
    {
        string[] made = [.. trainings.Where(t => t.Dropped is null).Select(t => t.Result).OfType<string>()];
        return await db.Models.Where(m => made.Contains(m.Id)).OrderBy(m => m.Id)
            .Select(m => new LineageModel(m.Id, m.Name, m.Sha256, m.TrainingRunId)).ToListAsync(cancellationToken);
    }

    private static Task<List<LineageEvaluation>> EvaluationsAsync(SparDb db, string[] models, CancellationToken cancellationToken) =>
        db.Evaluations.Where(e => models.Contains(e.ActorId)).OrderBy(e => e.Id).Take(Most)
            .Select(e => new LineageEvaluation(e.Id, e.Name, e.Benchmark, e.Status, e.ActorId)).ToListAsync(cancellationToken);

    private static IQueryable<T> Of<T>(IQueryable<T> rows, Pair pair)
        where T : class, IItemRow => rows.AsNoTracking().Where(
            x => x.RunId == pair.RunId && x.Round == pair.Round && x.InstructionId == pair.InstructionId);
}
