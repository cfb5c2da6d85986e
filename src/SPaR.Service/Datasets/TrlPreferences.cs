using System.Collections.Immutable;
using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Service.Uploads;

namespace SPaR.Service.Datasets;

/// <summary>TRL, conversational: <c>{prompt?, chosen, rejected}</c>, chosen and rejected are lists of messages. Where they are whole
/// conversations, the messages that both begin with are the prompt, and a prompt given as a text is not needed: UltraFeedback.</summary>
internal sealed class TrlPreferences : IDatasetFormat
{
    public string Name => "trl";

    public DatasetKind Kind => DatasetKind.Preferences;

    public IReadOnlyList<Column> Columns { get; } =
    [
        new("prompt", ColumnType.TextOrMessages), new("chosen", ColumnType.TextOrMessages), new("rejected", ColumnType.TextOrMessages),
    ];

    public bool Recognises(JsonElement row) => row.Is("chosen", JsonValueKind.Array) && row.Is("rejected", JsonValueKind.Array);

    public DatasetDraft? Read(UploadedRow row, List<FieldError> errors)
    {
        var fields = new FieldReader(row.Json, row.Place, errors);
        if (!fields.IsValid)
            return null;
        var prompt = PromptOf(fields);
        var chosen = fields.Messages("chosen");
        var rejected = fields.Messages("rejected", mayEndBlank: true);
        if (!fields.IsValid)
            return null;
        foreach (var (name, side) in new[] { ("chosen", chosen), ("rejected", rejected) })
            if (side[^1].Role != "assistant")
                fields.Fault(name, $"ends with a message of the {side[^1].Role}; it must end with the assistant's answer.");
        var common = chosen[..^1];
        if (fields.IsValid && !common.SequenceEqual(rejected[..^1]))
            fields.Fault("rejected", "differs from chosen before the last message; the two must answer the same conversation.");
        // Whole conversations begin with the prompt already.
        if (prompt.Length > 0 && fields.Value("prompt") is { ValueKind: JsonValueKind.Array } && common.Length > 0)
        {
            if (common.Length < prompt.Length || !common[..prompt.Length].SequenceEqual(prompt))
                fields.Fault("prompt", "is not what chosen begins with; give the answers alone, or conversations that begin with it.");
        }
        else if (common.Length == 0)
            common = prompt;

        if (fields.IsValid && common.Length == 0)
            fields.Fault("prompt", "is missing; give it as messages or as a text, or begin chosen and rejected with it.");
        DatasetFormats.CheckPrompt(fields, "prompt", common);
        return DatasetFormats.Pair(
            fields, common.Select(m => new ChatMessage(m.Role, m.Content)), chosen[^1].Content, rejected[^1].Content);
    }

    private static ImmutableArray<GivenMessage> PromptOf(FieldReader fields) => fields.Value("prompt") switch
    {
        null => [],
        { ValueKind: JsonValueKind.String } => [new("user", fields.RequiredText("prompt", "the prompt"), null)],
        _ => fields.Messages("prompt"),
    };
}
