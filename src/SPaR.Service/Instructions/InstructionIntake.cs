using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Service.Uploads;

namespace SPaR.Service.Instructions;

/// <summary>Stores an uploaded instruction set, or adds to one.</summary>
/// <param name="name">The set's name; null if the file has it, or the set exists.</param>
internal sealed class InstructionIntake(SparDb db, TimeProvider time, string? name, UploadOptions options)
{
    private readonly DuplicateSearch _duplicates = new();
    private readonly RowCopy<Instruction> _rows = new(db);
    private string _id = Ids.New("set", time);
    private int _count, _added;

    public async Task<InstructionSet> TakeAsync(UploadedFile file, CancellationToken cancellationToken)
    {
        using var reader = new UploadReader<InstructionDraft>(InstructionFormats.All, options);
        await new UploadIntake<InstructionDraft, Instruction>(db, reader, _rows, _id, "invalid-instructions").TakeAsync(
            file, BeginAsync, Add, () => CompleteAsync(reader, cancellationToken), cancellationToken);
        return await ReadAsync(cancellationToken);

        Task<int> BeginAsync()
        {
            db.Add(new InstructionSet { Id = _id, Name = name ?? "", Count = 0, CreatedAt = time.GetUtcNow() });
            return Task.FromResult(0);
        }
    }

    /// <summary>Adds the rows after those that the set has.</summary>
    /// <param name="foresee">Gets the result before it is committed.</param>
    /// <returns>Null if there is no such set.</returns>
    public async Task<AddedInstructions?> AppendAsync(
        string set, UploadedFile file, Action<AddedInstructions> foresee, CancellationToken cancellationToken)
    {
        _id = set;
        if (!await db.InstructionSets.AnyAsync(s => s.Id == set, cancellationToken))
            return null;
        AddedInstructions? added = null;
        using var reader = new UploadReader<InstructionDraft>(InstructionFormats.All, options);
        await new UploadIntake<InstructionDraft, Instruction>(db, reader, _rows, set, "invalid-instructions").TakeAsync(
            file, BeginAsync, Add, EndAsync, cancellationToken);
        return added;

        async Task<int> BeginAsync()
        {
            // Two files at a time would give one position twice.
            if (!await Deletion.LockAsync<InstructionSet>(db, set, cancellationToken))
                throw new InvalidInputException("invalid-instructions", [new("id", "was deleted meanwhile; submit a new set.")]);
            var stored = db.Instructions.AsNoTracking().Where(i => i.SetId == set).OrderBy(i => i.Ordinal);
            await foreach (var old in stored.AsAsyncEnumerable().WithCancellation(cancellationToken))
                Compare(null, new(old.Messages, old.Constraints, null));
            _count = await stored.CountAsync(cancellationToken);
            return await db.SkippedRows.CountAsync(row => row.UploadId == set, cancellationToken);
        }

        async Task EndAsync()
        {
            await db.InstructionSets.Where(s => s.Id == set).ExecuteUpdateAsync(
                s => s.SetProperty(x => x.Count, _count), cancellationToken);
            added = new(
                InstructionSetView.Of(await ReadAsync(cancellationToken)), _added, reader.Report with { Duplicates = _duplicates.Found });
            foresee(added);
        }
    }

    private Task<InstructionSet> ReadAsync(CancellationToken cancellationToken) =>
        db.InstructionSets.AsNoTracking().SingleAsync(s => s.Id == _id, cancellationToken);

    private IReadOnlyList<FieldError> Add(ReadRow<InstructionDraft> row)
    {
        Compare(row.Place.Name, row.Value);
        _added++;
        _rows.Add(new()
        {
            Id = Ids.New("ins", time),
            SetId = _id,
            Ordinal = _count++,
            Messages = row.Value.Messages,
            Constraints = row.Value.Constraints,
            Metadata = row.Value.Metadata,
        });
        return [];
    }

    private void Compare(string? place, InstructionDraft draft)
    {
        var words = string.Join('\n', draft.Messages.Select(m => m.Content));
        var roles = string.Join(' ', draft.Messages.Select(m => m.Role));
        _duplicates.Add(place, $"{roles}\n{words}\n{draft.Constraints?.ToJsonString()}", words);
    }

    private Task CompleteAsync(UploadReader<InstructionDraft> reader, CancellationToken cancellationToken)
    {
        var given = name ?? (reader.Envelope is { } envelope && envelope.TryGetProperty("name", out var text)
            && text.ValueKind is JsonValueKind.String ? text.GetString() : null);
        if (ResourceName.Fault(given) is { } fault)
            throw new InvalidInputException("invalid-name", [fault]);
        var report = reader.Report with { Duplicates = _duplicates.Found };
        return db.InstructionSets.Where(s => s.Id == _id).ExecuteUpdateAsync(
            s => s.SetProperty(x => x.Count, _count).SetProperty(x => x.Name, given).SetProperty(x => x.Upload, report), cancellationToken);
    }
}
