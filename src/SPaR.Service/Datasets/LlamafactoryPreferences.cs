using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Service.Uploads;

namespace SPaR.Service.Datasets;

/// <summary>LLaMA-Factory's ranking: <c>{messages | conversations, system?, chosen, rejected}</c>, where chosen and rejected are one
/// message each. As OpenAI writes messages, or as ShareGPT does.</summary>
internal sealed class LlamafactoryPreferences : IDatasetFormat
{
    public string Name => "llamafactory";

    public DatasetKind Kind => DatasetKind.Preferences;

    public IReadOnlyList<Column> Columns { get; } =
    [
        new("messages", ColumnType.Json), new("conversations", ColumnType.Json), new("system"), new("chosen", ColumnType.TextOrMessages),
        new("rejected", ColumnType.TextOrMessages),
    ];

    public bool Recognises(JsonElement row) => row.Is("chosen", JsonValueKind.Object) && row.Is("rejected", JsonValueKind.Object);

    public DatasetDraft? Read(UploadedRow row, List<FieldError> errors)
    {
        var fields = new FieldReader(row.Json, row.Place, errors);
        if (!fields.IsValid)
            return null;
        var prompt = DatasetFormats.Prompt(fields, fields.Has("conversations") ? "conversations" : "messages");
        var chosen = Answer(fields, "chosen", mayBeBlank: false);
        var rejected = Answer(fields, "rejected", mayBeBlank: true);
        return DatasetFormats.Pair(fields, SystemColumn.Before(fields, prompt), chosen, rejected);
    }

    private static string Answer(FieldReader fields, string name, bool mayBeBlank)
    {
        if (fields.Required(name, "a message of the assistant") is not { } json)
            return "";
        var nested = fields.Nested(name, json);
        var message = MessageReader.Message(nested, mayBeBlank);
        if (message is not null && message.Role != "assistant")
            fields.Fault(name, $"is a message of the {message.Role}; it must be one of the assistant.");
        return message?.Content ?? "";
    }
}
