using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Service.Uploads;

namespace SPaR.Service.Datasets;

/// <summary>Preferences as plain texts, which TRL calls standard: <c>{prompt, system?, chosen, rejected}</c>. The prompt becomes the user's
/// message; TRL itself would add no roles.</summary>
internal sealed class TextPreferences : IDatasetFormat
{
    public string Name => "trl-standard";

    public DatasetKind Kind => DatasetKind.Preferences;

    public IReadOnlyList<Column> Columns { get; } =
    [
        new("prompt", ColumnType.TextOrMessages), new("system"), new("chosen", ColumnType.TextOrMessages),
        new("rejected", ColumnType.TextOrMessages),
    ];

    public bool Recognises(JsonElement row) => row.HasAll("prompt", "chosen", "rejected");

    public DatasetDraft? Read(UploadedRow row, List<FieldError> errors)
    {
        var fields = new FieldReader(row.Json, row.Place, errors);
        if (!fields.IsValid)
            return null;
        IReadOnlyList<ChatMessage> prompt = fields.Value("prompt") is { ValueKind: JsonValueKind.Array }
            ? DatasetFormats.Prompt(fields, "prompt")
            : [new("user", fields.RequiredText("prompt", "the text of the prompt"))];
        const string Answer = "the assistant's answer";
        return DatasetFormats.Pair(
            fields, SystemColumn.Before(fields, prompt), fields.RequiredText("chosen", Answer),
            fields.RequiredText("rejected", Answer, mayBeBlank: true));
    }
}
