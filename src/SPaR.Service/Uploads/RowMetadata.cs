using System.Text.Json;
using System.Text.Json.Nodes;

namespace SPaR.Service.Uploads;

/// <summary>What is kept of a row besides what its format means.</summary>
internal static class RowMetadata
{
    /// <summary>The metadata that a row gives, with the columns that are kept.</summary>
    public static JsonNode? Of(JsonElement? given, JsonObject? kept)
    {
        var own = given is { } value ? JsonSerializer.SerializeToNode(value) : null;
        if (kept is null || own is null)
            return kept ?? own;
        var all = own as JsonObject ?? new JsonObject { ["metadata"] = own };
        foreach (var (name, column) in kept.ToArray())
            if (!all.ContainsKey(name))
            {
                kept.Remove(name);
                all[name] = column;
            }

        return all;
    }
}
