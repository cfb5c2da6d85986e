using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Service.Uploads;

namespace SPaR.Service.Datasets;

/// <summary>Alpaca's examples: <c>{instruction, input?, system?, history?, output}</c>.</summary>
internal sealed class AlpacaExamples : IDatasetFormat
{
    public string Name => "alpaca-sft";

    public DatasetKind Kind => DatasetKind.Conversations;

    public IReadOnlyList<Column> Columns { get; } = [.. AlpacaPrompt.Columns, new("output")];

    public bool Recognises(JsonElement row) => row.HasAll("instruction", "output");

    public DatasetDraft? Read(UploadedRow row, List<FieldError> errors)
    {
        var fields = new FieldReader(row.Json, row.Place, errors);
        if (!fields.IsValid)
            return null;
        var messages = AlpacaPrompt.Read(fields).Select(m => new GivenMessage(m.Role, m.Content, null));
        var output = new GivenMessage("assistant", fields.RequiredText("output", "the assistant's answer"), null);
        return DatasetFormats.Example(fields, "output", [.. messages, output]);
    }
}
