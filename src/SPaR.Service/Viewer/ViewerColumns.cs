using System.Text.Json.Nodes;
using SPaR.Method.Input;
using SPaR.Service.Datasets;

namespace SPaR.Service.Viewer;

/// <param name="Type">In the notation of the library datasets.</param>
internal sealed record ViewerFeature(int FeatureIdx, string Name, JsonNode Type);

/// <summary>The columns in which a dataset is viewed.</summary>
internal static class ViewerColumns
{
    private const string Messages = "messages", Prompt = "prompt";

    public static IReadOnlyList<ViewerFeature> Of(Dataset dataset)
    {
        IEnumerable<(string Name, JsonNode Type)> columns = dataset.Kind is DatasetKind.Conversations
            ? [(Messages, MessageList())]
            : [(Prompt, MessageList()), ("chosen", Value("string")), ("rejected", Value("string"))];
        if (dataset.Origin is not null)
            columns = columns.Concat([
                ("pair", Value("string")), ("chosen_value", Value("float64")), ("rejected_value", Value("float64")),
                ("similarity", Value("float64")), ("verifier_agrees", Value("bool")), ("human", Value("string")),
            ]);
        return [.. columns.Select((column, index) => new ViewerFeature(index, column.Name, column.Type))];
    }

    public static Dictionary<string, object?> Cells(DatasetRow row)
    {
        var cells = row.Chosen is null
            ? new Dictionary<string, object?> { [Messages] = row.Messages }
            : new() { [Prompt] = row.Messages, ["chosen"] = row.Chosen, ["rejected"] = row.Rejected };
        if (row.Facts is not { } facts)
            return cells;
        cells["pair"] = row.PairId;
        cells["chosen_value"] = facts.ChosenValue;
        cells["rejected_value"] = facts.RejectedValue;
        cells["similarity"] = facts.Similarity;
        cells["verifier_agrees"] = facts.VerifierAgrees;
        cells["human"] = facts.Human is { } human ? EnumName.Of(human) : null;
        return cells;
    }

    private static JsonObject Value(string type) => new() { ["dtype"] = type, ["_type"] = "Value" };

    private static JsonObject MessageList() => new()
    {
        ["feature"] = new JsonObject { ["role"] = Value("string"), ["content"] = Value("string") },
        ["_type"] = "List",
    };
}
