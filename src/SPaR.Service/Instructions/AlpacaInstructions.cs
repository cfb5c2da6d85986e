using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Service.Uploads;

namespace SPaR.Service.Instructions;

/// <summary>Alpaca's prompts: <c>{instruction, input?, system?, history?}</c>.</summary>
internal sealed class AlpacaInstructions : IRowFormat<InstructionDraft>
{
    public string Name => "alpaca";

    public IReadOnlyList<Column> Columns => AlpacaPrompt.Columns;

    public bool Recognises(JsonElement row) => row.TryGetProperty("instruction", out _);

    public InstructionDraft? Read(UploadedRow row, List<FieldError> errors)
    {
        var fields = new FieldReader(row.Json, row.Place, errors);
        var messages = fields.IsValid ? AlpacaPrompt.Read(fields) : [];
        return fields.IsValid ? new(messages, null, row.Kept) : null;
    }
}
