using System.Text.Json;
using SPaR.Method.Input;
using SPaR.Service.Uploads;

namespace SPaR.Service.Datasets;

/// <summary>LLaMA-Factory's ranking in Alpaca's form: <c>{instruction, input?, system?, history?, chosen, rejected}</c>.</summary>
internal sealed class AlpacaPreferences : IDatasetFormat
{
    public string Name => "alpaca";

    public DatasetKind Kind => DatasetKind.Preferences;

    public IReadOnlyList<Column> Columns { get; } =
        [.. AlpacaPrompt.Columns, new("chosen", ColumnType.TextOrMessages), new("rejected", ColumnType.TextOrMessages)];

    public bool Recognises(JsonElement row) => row.HasAll("instruction", "chosen", "rejected");

    public DatasetDraft? Read(UploadedRow row, List<FieldError> errors)
    {
        var fields = new FieldReader(row.Json, row.Place, errors);
        if (!fields.IsValid)
            return null;
        const string Answer = "the assistant's answer";
        var prompt = AlpacaPrompt.Read(fields);
        return DatasetFormats.Pair(
            fields, prompt, fields.RequiredText("chosen", Answer), fields.RequiredText("rejected", Answer, mayBeBlank: true));
    }
}
