using System.Text;
using System.Text.Json.Nodes;
using SPaR.Integration.Tests.Http;
using SPaR.Integration.Tests.Torch.Training;

namespace SPaR.Integration.Tests.OpenAi;

/// <summary>Training data in OpenAI's form, and its upload.</summary>
internal static class OpenAiRows
{
    /// <summary>Two pairs, with fields that training does not need.</summary>
    public static string TwoPairs { get; } = $"{Pair("one", "a good answer", "a bad answer")}\n{Pair("two", "better than", "worse as")}";

    public const string Chat =
        """{"messages":[{"role":"user","content":"one"},{"role":"assistant","content":"two"}],"tools":[]}""";

    /// <summary>Pairs in the micro-world's language.</summary>
    public static string Preferences(int count) => string.Join('\n', MicroRows.Preferences(count).Select(line =>
    {
        var row = JsonNode.Parse(line)!;
        return Pair(row["prompt"]!.GetValue<string>(), row["chosen"]!.GetValue<string>(), row["rejected"]!.GetValue<string>());
    }));

    /// <param name="rows">Null leaves the file out.</param>
    public static async Task<Answer> UploadAsync(
        HttpService service, string? rows, string name, string? purpose = "fine-tune", (string Name, string Value)? more = null)
    {
        using var form = new MultipartFormDataContent();
        if (rows is not null)
            form.Add(new StringContent(rows, Encoding.UTF8, "application/jsonl"), "file", name);
        if (purpose is not null)
            form.Add(new StringContent(purpose), "purpose");
        if (more is var (field, value))
            form.Add(new StringContent(value), field);
        return await service.PostAsync("/openai/v1/files", form);
    }

    public static IEnumerable<string> Ids(Answer list) =>
        list.ShouldBe(200)["data"].AsArray().Select(row => row!["id"]!.GetValue<string>());

    private static string Pair(string prompt, string chosen, string rejected) => new JsonObject
    {
        ["input"] = new JsonObject
        {
            ["messages"] = new JsonArray(Message("user", prompt)),
            ["tools"] = new JsonArray(),
            ["parallel_tool_calls"] = true,
        },
        ["preferred_output"] = new JsonArray(Message("assistant", chosen)),
        ["non_preferred_output"] = new JsonArray(Message("assistant", rejected)),
    }.ToJsonString();

    private static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };
}
