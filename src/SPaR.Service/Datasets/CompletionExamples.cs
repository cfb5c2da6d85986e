using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Service.Uploads;

namespace SPaR.Service.Datasets;

/// <summary>A prompt and its completion, as texts or as messages: <c>{prompt, system?, completion}</c>.</summary>
internal sealed class CompletionExamples : IDatasetFormat
{
    public string Name => "prompt-completion";

    public DatasetKind Kind => DatasetKind.Conversations;

    public IReadOnlyList<Column> Columns { get; } =
        [new("prompt", ColumnType.TextOrMessages), new("system"), new("completion", ColumnType.TextOrMessages)];

    public bool Recognises(JsonElement row) => row.HasAll("prompt", "completion");

    public DatasetDraft? Read(UploadedRow row, List<FieldError> errors)
    {
        var fields = new FieldReader(row.Json, row.Place, errors);
        if (!fields.IsValid)
            return null;
        IReadOnlyList<ChatMessage> prompt = fields.Value("prompt") is { ValueKind: JsonValueKind.Array }
            ? DatasetFormats.Prompt(fields, "prompt")
            : [new("user", fields.RequiredText("prompt", "the text of the prompt"))];
        prompt = SystemColumn.Before(fields, prompt);
        // The prompt is given, so an answer in it is not learnt.
        var given = prompt.Select(m => new GivenMessage(m.Role, m.Content, m.Role == "assistant" ? 0 : null));
        IReadOnlyList<GivenMessage> completion = fields.Value("completion") is { ValueKind: JsonValueKind.Array }
            ? fields.Messages("completion")
            : [new("assistant", fields.RequiredText("completion", "the assistant's answer"), null)];
        return DatasetFormats.Example(fields, "completion", [.. given, .. completion]);
    }
}
