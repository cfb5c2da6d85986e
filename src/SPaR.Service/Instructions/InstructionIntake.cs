using System.Text.Json;
using Microsoft.EntityFrameworkCore.Storage;
using SPaR.Method.Input;
using SPaR.Service.Http;

namespace SPaR.Service.Instructions;

/// <summary>Stores instructions in batches, in one transaction: all of them, or none if one is invalid.</summary>
internal sealed class InstructionIntake(SparDb db, TimeProvider time, string name)
{
    /// <summary>The most errors that are reported for an upload.</summary>
    internal const int MaxErrors = 20;

    private const int BatchRows = 500;
    private const int BatchBytes = 4 << 20;

    private readonly List<FieldError> _errors = [];
    private readonly string _id = Ids.New("set", time);
    private int _count;
    private int _bytes;

    public async Task<InstructionSet> TakeAsync(IAsyncEnumerable<NdjsonLine> lines, CancellationToken cancellationToken)
    {
        await using var transaction = await BeginAsync(cancellationToken);
        await foreach (var line in lines.WithCancellation(cancellationToken))
        {
            if (_errors.Count >= MaxErrors)
                break;
            await TakeLineAsync(line, cancellationToken);
        }

        return await CompleteAsync(transaction, "body", cancellationToken);
    }

    public async Task<InstructionSet> TakeAsync(JsonElement instructions, CancellationToken cancellationToken)
    {
        await using var transaction = await BeginAsync(cancellationToken);
        foreach (var (index, json) in instructions.EnumerateArray().Index())
        {
            if (_errors.Count >= MaxErrors)
                break;
            await TakeOneAsync(json, Place.Element(index), json.GetRawText().Length, cancellationToken);
        }

        return await CompleteAsync(transaction, "instructions", cancellationToken);
    }

    private async Task TakeLineAsync(NdjsonLine line, CancellationToken cancellationToken)
    {
        using var document = line.Parse(_errors);
        if (document is not null)
            await TakeOneAsync(document.RootElement, Place.Line(line.Number), line.Json!.Length, cancellationToken);
    }

    private async Task TakeOneAsync(JsonElement json, Place place, int bytes, CancellationToken cancellationToken)
    {
        var draft = InstructionReader.Read(json, place, _errors);
        // After the first error nothing is stored; the rest is read only to report further errors.
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
            await FlushAsync(cancellationToken);
    }

    private async Task<IDbContextTransaction> BeginAsync(CancellationToken cancellationToken)
    {
        var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        db.InstructionSets.Add(new() { Id = _id, Name = name, Count = 0, CreatedAt = time.GetUtcNow() });
        await FlushAsync(cancellationToken);
        return transaction;
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        await db.SaveChangesAsync(cancellationToken);
        db.ChangeTracker.Clear();
        _bytes = 0;
    }

    private async Task<InstructionSet> CompleteAsync(IDbContextTransaction transaction, string field, CancellationToken cancellationToken)
    {
        if (_errors.Count == 0 && _count == 0)
            _errors.Add(new(field, "is empty; give at least one instruction."));
        if (_errors.Count > 0)
            throw new InvalidInputException("invalid-instructions", [.. _errors.Take(MaxErrors)]);
        await FlushAsync(cancellationToken);
        await db.InstructionSets.Where(s => s.Id == _id).ExecuteUpdateAsync(s => s.SetProperty(x => x.Count, _count), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return await db.InstructionSets.AsNoTracking().SingleAsync(s => s.Id == _id, cancellationToken);
    }
}
