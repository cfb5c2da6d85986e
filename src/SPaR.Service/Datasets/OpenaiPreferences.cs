using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Service.Uploads;

namespace SPaR.Service.Datasets;

/// <summary>OpenAI's preference fine-tuning: <c>{input: {messages}, preferred_output, non_preferred_output}</c>.</summary>
internal sealed class OpenaiPreferences : IDatasetFormat
{
    private const string Preferred = "preferred_output", NonPreferred = "non_preferred_output";

    public string Name => "openai";

    public DatasetKind Kind => DatasetKind.Preferences;

    public IReadOnlyList<Column> Columns { get; } =
        [new("input", ColumnType.TextOrMessages), new(Preferred, ColumnType.Json), new(NonPreferred, ColumnType.Json)];

    public bool Recognises(JsonElement row) => row.HasAll(Preferred, NonPreferred);

    public DatasetDraft? Read(UploadedRow row, List<FieldError> errors)
    {
        var fields = new FieldReader(row.Json, row.Place, errors);
        if (!fields.IsValid)
            return null;
        var prompt = DatasetFormats.Prompt(fields.Section("input"), "messages");
        var (chosen, rejected) = (Only(fields, Preferred), Only(fields, NonPreferred, mayBeBlank: true));
        return DatasetFormats.Pair(fields, prompt, chosen, rejected, NonPreferred);
    }

    /// <summary>A list with one message of the assistant.</summary>
    private static string Only(FieldReader fields, string name, bool mayBeBlank = false)
    {
        var messages = fields.Messages(name, mayBeBlank);
        if (messages is [{ Role: "assistant" } only])
            return only.Content;
        if (messages.Length > 0)
            fields.Fault(name, "must be a list with one message of the assistant.");
        return "";
    }
}
