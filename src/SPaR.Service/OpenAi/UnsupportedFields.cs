using System.Text.Json;
using SPaR.Method.Input;

namespace SPaR.Service.OpenAi;

/// <summary>The fields of a chat completion that this service does not support. Clients send some of them with their defaults, which change
/// nothing.</summary>
internal static class UnsupportedFields
{
    /// <returns>An error for each that is given and not its default.</returns>
    public static IEnumerable<FieldError> In(ChatCompletionRequest request)
    {
        (string Name, JsonElement? Given, string[] Defaults)[] fields =
        [
            ("audio", request.Audio, []), ("frequency_penalty", request.FrequencyPenalty, ["0"]),
            ("function_call", request.FunctionCall, ["\"none\"", "\"auto\""]), ("functions", request.Functions, ["[]"]),
            ("logit_bias", request.LogitBias, ["{}"]),
            ("modalities", request.Modalities, ["[\"text\"]"]), ("prediction", request.Prediction, []),
            ("presence_penalty", request.PresencePenalty, ["0"]),
            ("response_format", request.ResponseFormat, ["""{"type":"text"}"""]),
            ("service_tier", request.ServiceTier, ["\"auto\"", "\"default\""]), ("store", request.Store, ["false"]),
            ("tool_choice", request.ToolChoice, ["\"none\"", "\"auto\""]), ("tools", request.Tools, ["[]"]),
            ("verbosity", request.Verbosity, ["\"medium\""]),
            ("web_search_options", request.WebSearchOptions, []),
        ];
        return
            from field in fields
            where field.Given is { ValueKind: not JsonValueKind.Null } given && !field.Defaults.Any(d => Equal(given, d))
            select new FieldError(field.Name, "is not supported here; leave it out.");
    }

    private static bool Equal(JsonElement given, string json)
    {
        using var expected = JsonDocument.Parse(json);
        return JsonElement.DeepEquals(given, expected.RootElement);
    }
}
