using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Service.Uploads;

namespace SPaR.Service.Datasets;

/// <summary>This service's own export with everything that is known: <c>{messages, chosen, rejected, metadata?, …}</c>, where chosen and
/// rejected are texts.</summary>
internal sealed class SparPreferences : IDatasetFormat
{
    public string Name => "spar";

    public DatasetKind Kind => DatasetKind.Preferences;

    public IReadOnlyList<Column> Columns { get; } =
    [
        new("messages", ColumnType.Json), new("chosen", ColumnType.TextOrMessages), new("rejected", ColumnType.TextOrMessages),
        new("metadata", ColumnType.Json),
    ];

    public bool Recognises(JsonElement row) =>
        row.HasAll("messages") && row.Is("chosen", JsonValueKind.String) && row.Is("rejected", JsonValueKind.String);

    public DatasetDraft? Read(UploadedRow row, List<FieldError> errors)
    {
        var fields = new FieldReader(row.Json, row.Place, errors);
        if (!fields.IsValid)
            return null;
        const string Answer = "the assistant's answer";
        var prompt = DatasetFormats.Prompt(fields, "messages");
        var pair = DatasetFormats.Pair(
            fields, prompt, fields.RequiredText("chosen", Answer), fields.RequiredText("rejected", Answer, mayBeBlank: true));
        return pair is null ? null : pair with { Metadata = fields.Value("metadata") };
    }
}
