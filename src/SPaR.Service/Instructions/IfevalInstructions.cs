using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Method.Input;
using SPaR.Method.Verifying;
using SPaR.Service.Uploads;

namespace SPaR.Service.Instructions;

/// <summary>IFEval's own rows (arXiv 2311.07911): <c>{key?, prompt, instruction_id_list, kwargs}</c>. The key becomes metadata, and the
/// rest constraints.</summary>
internal sealed class IfevalInstructions : IRowFormat<InstructionDraft>
{
    public string Name => "ifeval";

    public IReadOnlyList<Column> Columns { get; } =
    [
        new("key", ColumnType.Json), new("prompt", ColumnType.TextOrMessages), new("instruction_id_list", ColumnType.Json),
        new("kwargs", ColumnType.Json),
    ];

    public bool Recognises(JsonElement row) => row.TryGetProperty("instruction_id_list", out _);

    public InstructionDraft? Read(UploadedRow row, List<FieldError> errors)
    {
        var fields = new FieldReader(row.Json, row.Place, errors);
        if (!fields.IsValid)
            return null;
        var prompt = fields.RequiredText("prompt", "a text that says what to do");
        var constraints = new JsonObject();
        foreach (var name in new[] { "instruction_id_list", "kwargs" })
            if (fields.Value(name) is { } given)
                constraints[name] = JsonSerializer.SerializeToNode(given);
        var before = errors.Count;
        ConstraintsReader.Read(JsonSerializer.SerializeToElement(constraints), prompt, row.Place, errors);
        // The row has the fields of the constraints itself.
        var (theirs, ours) = (row.Place.Of("constraints."), row.Place.Of(""));
        for (var i = before; i < errors.Count; i++)
            errors[i] = errors[i] with { Field = errors[i].Field.Replace(theirs, ours, StringComparison.Ordinal) };
        var key = fields.Value("key") is { } value ? JsonSerializer.SerializeToElement(new { key = value }) : (JsonElement?)null;
        return fields.IsValid ? new([new("user", prompt)], constraints, RowMetadata.Of(key, row.Kept)) : null;
    }
}
