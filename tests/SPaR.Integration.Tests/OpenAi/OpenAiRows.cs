using System.Text.Json.Nodes;
using SPaR.Integration.Tests.Torch.Training;

namespace SPaR.Integration.Tests.OpenAi;

/// <summary>Training data in OpenAI's form, in the micro-world's language.</summary>
internal static class OpenAiRows
{
    public static string Preferences(int count) => string.Join('\n', MicroRows.Preferences(count).Select(line =>
    {
        var row = JsonNode.Parse(line)!;
        return new JsonObject
        {
            ["input"] = new JsonObject { ["messages"] = new JsonArray(Message("user", row["prompt"]!)) },
            ["preferred_output"] = new JsonArray(Message("assistant", row["chosen"]!)),
            ["non_preferred_output"] = new JsonArray(Message("assistant", row["rejected"]!)),
        }.ToJsonString();
    }));

    private static JsonObject Message(string role, JsonNode content) => new() { ["role"] = role, ["content"] = content.GetValue<string>() };
}
