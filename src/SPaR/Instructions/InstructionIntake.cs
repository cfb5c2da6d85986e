using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using SPaR.Runs;
using SPaR.Storage;

namespace SPaR.Instructions;

/// <summary>Takes instructions one by one and stores them in batches, in one transaction: all of them,
/// or none where one is wrong.</summary>
internal sealed class InstructionIntake(SparDb db, TimeProvider time, string name)
{
    /// <summary>So many faults of an upload are named.</summary>
    internal const int MaxErrors = 20;

    private const int BatchRows = 500;
    private const int BatchBytes = 4 << 20;

    private readonly List<FieldError> _errors = [];
    private readonly string _id = Ids.New("set", time);
    private int _count;
    private int _bytes;

    public async Task<InstructionSet> TakeAsync(IAsyncEnumerable<NdjsonLine> lines, CancellationToken stop)
    {
        await using var transaction = await BeginAsync(stop);
        await foreach (var line in lines.WithCancellation(stop))
        {
            if (_errors.Count >= MaxErrors)
                break;
            await TakeLineAsync(line, stop);
        }

        return await CompleteAsync(transaction, "body", stop);
    }

    public async Task<InstructionSet> TakeAsync(JsonElement instructions, CancellationToken stop)
    {
        await using var transaction = await BeginAsync(stop);
        foreach (var (index, json) in instructions.EnumerateArray().Index())
        {
            if (_errors.Count >= MaxErrors)
                break;
            await TakeOneAsync(json, Place.Element(index), json.GetRawText().Length, stop);
        }

        return await CompleteAsync(transaction, "instructions", stop);
    }

    private async Task TakeLineAsync(NdjsonLine line, CancellationToken stop)
    {
        using var document = line.Parse(_errors);
        if (document is not null)
            await TakeOneAsync(document.RootElement, Place.Line(line.Number), line.Json!.Length, stop);
    }

    private async Task TakeOneAsync(JsonElement json, Place place, int bytes, CancellationToken stop)
    {
        var draft = InstructionReader.Read(json, place, _errors);
        // After the first error nothing will be stored: the rest is read only to report what else is wrong.
        if (draft is null || _errors.Count > 0)
            return;
        db.Instructions.Add(new()
        {
            Id = Ids.New("ins", time),
            SetId = _id,
            Ordinal = _count++,
            Messages = draft.Messages,
            Constraints = draft.Constraints,
            Metadata = draft.Metadata,
        });
        _bytes += bytes;
        if (_count % BatchRows == 0 || _bytes >= BatchBytes)
            await FlushAsync(stop);
    }

    private async Task<IDbContextTransaction> BeginAsync(CancellationToken stop)
    {
        var transaction = await db.Database.BeginTransactionAsync(stop);
        db.InstructionSets.Add(new() { Id = _id, Name = name, Count = 0, CreatedAt = time.GetUtcNow() });
        await FlushAsync(stop);
        return transaction;
    }

    private async Task FlushAsync(CancellationToken stop)
    {
        await db.SaveChangesAsync(stop);
        db.ChangeTracker.Clear();
        _bytes = 0;
    }

    private async Task<InstructionSet> CompleteAsync(IDbContextTransaction transaction, string field, CancellationToken stop)
    {
        if (_errors.Count == 0 && _count == 0)
            _errors.Add(new(field, "The set is empty; give at least one instruction."));
        if (_errors.Count > 0)
            throw new InvalidInputException("invalid-instructions", [.. _errors.Take(MaxErrors)]);
        await FlushAsync(stop);
        await db.InstructionSets.Where(s => s.Id == _id).ExecuteUpdateAsync(s => s.SetProperty(x => x.Count, _count), stop);
        await transaction.CommitAsync(stop);
        return await db.InstructionSets.AsNoTracking().SingleAsync(s => s.Id == _id, stop);
    }
}
