using System.Runtime.CompilerServices;
using SPaR.Method.Examples;
using SPaR.Method.Input;
using SPaR.Method.Items;
using SPaR.Service.Datasets;
using SPaR.Service.Instructions;
using SPaR.Service.Items;
using SPaR.Service.Models;

namespace SPaR.Service.Trainings;

/// <summary>Reads the rows that a training run trains on, in an order that does not depend on its seed.</summary>
internal static class TrainingDataStore
{
    public static async Task<int> CountAsync(SparDb db, TrainingSource source, CancellationToken cancellationToken) => source switch
    {
        { Upload: not null } => await db.DatasetRows.CountAsync(r => r.DatasetId == source.Upload, cancellationToken),
        { Data: TrainingData.Preferences } =>
            await db.Pairs.CountAsync(
                p => p.RunId == source.Run && p.Round == source.Round && p.FilteredBy == null, cancellationToken),
        _ => await db.RefinerExamples.CountAsync(e => e.RunId == source.Run && e.Round == source.Round, cancellationToken),
    };

    public static IAsyncEnumerable<SourceRow> ReadAsync(SparDb db, TrainingSource source, CancellationToken cancellationToken) =>
        source switch
        {
            { Upload: { } upload } => db.DatasetRows.AsNoTracking().Where(r => r.DatasetId == upload).OrderBy(r => r.Ordinal)
                .AsAsyncEnumerable().Select(r => new SourceRow(r.Place, r.Messages, r.Chosen, r.Rejected)),
            { Data: TrainingData.Preferences } => Pairs(db, source.Run!, source.Round!.Value),
            _ => ExamplesAsync(db, source.Run!, source.Round!.Value, cancellationToken),
        };

    private static IAsyncEnumerable<SourceRow> Pairs(SparDb db, string run, int round) => (
        from given in db.GivenPairs()
        join instruction in db.Instructions on given.Pair.InstructionId equals instruction.Id
        where given.Pair.RunId == run && given.Pair.Round == round && given.Pair.FilteredBy == null
        orderby instruction.Ordinal
        select new { given.Pair.Id, instruction.Messages, Edited = given.Human!.Chosen, given.Pair.Chosen, given.Pair.Rejected })
        .AsAsyncEnumerable().Select(p => new SourceRow(p.Id, [.. p.Messages.Select(TrainingMessage.Of)], p.Edited ?? p.Chosen, p.Rejected));

    private static async IAsyncEnumerable<SourceRow> ExamplesAsync(
        SparDb db, string run, int round, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var recipe = await db.Runs.Where(r => r.Id == run).Select(r => r.Recipe).SingleAsync(cancellationToken);
        var candidates = await db.RefinerExamples.AsNoTracking().Where(e => e.RunId == run && e.Round == round)
            .ToListAsync(cancellationToken);
        var instructions = candidates.Select(c => c.InstructionId).Distinct().ToArray();
        var prompts = await db.Instructions.AsNoTracking().Where(i => instructions.Contains(i.Id))
            .ToDictionaryAsync(i => i.Id, i => i.Messages, cancellationToken);
        foreach (var example in RefinerExampleSelection.Choose(candidates, recipe.Examples))
            yield return new($"{example.InstructionId} {EnumName.Of(example.Kind)} {example.Source}", example.Messages, null, null)
            {
                Prompt = [.. prompts[example.InstructionId].Select(TrainingMessage.Of)],
            };
    }
}
