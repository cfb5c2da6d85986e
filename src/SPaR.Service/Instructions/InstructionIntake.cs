using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Service.Uploads;

namespace SPaR.Service.Instructions;

/// <summary>Stores an uploaded instruction set.</summary>
/// <param name="name">The set's name; null if the file has it.</param>
internal sealed class InstructionIntake(SparDb db, TimeProvider time, string? name, UploadOptions options)
{
    private readonly string _id = Ids.New("set", time);
    private int _count;

    public async Task<InstructionSet> TakeAsync(UploadedFile file, CancellationToken cancellationToken)
    {
        using var reader = new UploadReader<InstructionDraft>(InstructionFormats.All, options);
        var set = new InstructionSet { Id = _id, Name = name ?? "", Count = 0, CreatedAt = time.GetUtcNow() };
        await new UploadIntake<InstructionDraft>(db, reader, _id, "invalid-instructions").TakeAsync(
            file, set, Add, () => CompleteAsync(reader, cancellationToken), cancellationToken);
        return await db.InstructionSets.AsNoTracking().SingleAsync(s => s.Id == _id, cancellationToken);
    }

    private IReadOnlyList<FieldError> Add(ReadRow<InstructionDraft> row)
    {
        db.Instructions.Add(new()
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

    private Task CompleteAsync(UploadReader<InstructionDraft> reader, CancellationToken cancellationToken)
    {
        var given = name ?? (reader.Envelope is { } envelope && envelope.TryGetProperty("name", out var text)
            && text.ValueKind is JsonValueKind.String ? text.GetString() : null);
        if (ResourceName.Fault(given) is { } fault)
            throw new InvalidInputException("invalid-name", [fault]);
        var report = reader.Report;
        return db.InstructionSets.Where(s => s.Id == _id).ExecuteUpdateAsync(
            s => s.SetProperty(x => x.Count, _count).SetProperty(x => x.Name, given).SetProperty(x => x.Upload, report), cancellationToken);
    }
}
