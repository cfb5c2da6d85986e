using System.Text.Json;

namespace SPaR.Service.Http;

/// <summary>Says by field what the serializer refused. Its messages name our types, so none of them is passed on but those about
/// syntax.</summary>
internal static class JsonFormProblem
{
    public static Problem Of(JsonException json) => Problem.InvalidJson(FieldOf(json), MessageOf(json));

    private static string FieldOf(JsonException json) =>
        json.Path is null or "$" or "" ? JsonPath.Whole : json.Path.TrimStart('$').TrimStart('.');

    private static string MessageOf(JsonException json)
    {
        var message = json.Message;
        if (Says("could not be mapped to any .NET member"))
            return "is unknown; remove it. /swagger shows the properties that can be given.";
        if (Says("missing required properties"))
        {
            var names = message[(message.LastIndexOf(':') + 1)..].Replace("'", "", StringComparison.Ordinal).TrimEnd('.');
            return $"lacks{names}; add what is missing.";
        }

        if (Says("null"))
            return "must not be null; give a value.";
        var position = message.IndexOf(" Path: ", StringComparison.Ordinal);
        return json.InnerException is JsonException
            ? $"is not valid JSON at line {json.LineNumber + 1}, byte {json.BytePositionInLine + 1}: "
                + (position < 0 ? message : message[..position])
            : "has the wrong type; /swagger shows what it takes.";

        bool Says(string part) => message.Contains(part, StringComparison.Ordinal);
    }
}
