using System.Text.Json;
using System.Text.Json.Nodes;

namespace SPaR.Cli.Commands;

/// <summary>JSON that users write. It is sent as it is, so that the service names what is wrong in it.</summary>
internal static class JsonFile
{
    /// <returns>A field of a request; null if it is not given.</returns>
    public static Dictionary<string, JsonElement>? Field(string name, JsonNode? value) =>
        value is null ? null : new() { [name] = value.Deserialize<JsonElement>() };
}
