using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Service.Uploads;

namespace SPaR.Service.Datasets;

/// <summary>Conversations to imitate: <c>{messages | conversations, system?, metadata?}</c>, the last message is the assistant's. As OpenAI
/// writes messages, or as ShareGPT does.</summary>
internal sealed class ConversationExamples : IDatasetFormat
{
    public string Name => "sft";

    public DatasetKind Kind => DatasetKind.Conversations;

    public IReadOnlyList<Column> Columns { get; } =
    [
        new("messages", ColumnType.Json), new("conversations", ColumnType.Json), new("system"), new("metadata", ColumnType.Json),
    ];

    public bool Recognises(JsonElement row) => row.HasAll("messages") || row.HasAll("conversations");

    public DatasetDraft? Read(UploadedRow row, List<FieldError> errors)
    {
        var fields = new FieldReader(row.Json, row.Place, errors);
        if (!fields.IsValid)
            return null;
        var name = fields.Has("conversations") ? "conversations" : "messages";
        var messages = fields.Messages(name);
        var system = SystemColumn.Before(fields, [.. messages.Select(m => new ChatMessage(m.Role, m.Content))]);
        var example = DatasetFormats.Example(
            fields, name, system.Count > messages.Length ? [new("system", system[0].Content, null), .. messages] : messages);
        return example is null ? null : example with { Metadata = fields.Value("metadata") };
    }
}
