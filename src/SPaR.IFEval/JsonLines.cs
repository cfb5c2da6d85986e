using System.Text.Json;

namespace SPaR.IFEval;

/// <summary>Reads a file of one JSON object per line. Skips blank lines, collects errors and reads to the end.</summary>
internal static class JsonLines
{
    /// <param name="take">Receives each line that is a JSON object.</param>
    /// <returns>Every error, in the order of the lines.</returns>
    public static IReadOnlyList<LineError> Read(TextReader reader, Action<JsonLine> take)
    {
        var errors = new List<LineError>();
        for (var number = 1L; reader.ReadLine() is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            try
            {
                using var document = JsonDocument.Parse(line);
                if (document.RootElement.ValueKind == JsonValueKind.Object)
                    take(new(number, document.RootElement.Clone(), errors));
                else
                    errors.Add(new(number, "", "Must be a JSON object."));
            }
            catch (JsonException e)
            {
                errors.Add(new(number, "", $"Not JSON: {e.Message}"));
            }
        }

        return errors;
    }
}

/// <summary>One line, and the errors of the file.</summary>
internal sealed record JsonLine(long Number, JsonElement Json, List<LineError> Errors)
{
    public void Wrong(string field, string message) => Errors.Add(new(Number, field, message));

    public void RefuseUnknown(IReadOnlyList<string> known)
    {
        foreach (var field in Json.EnumerateObject().Where(field => !known.Any(field.NameEquals)))
            Wrong(Name(field), $"Unknown. Known here: {string.Join(", ", known)}.");
    }

    /// <summary>A null counts as not given.</summary>
    public bool Has(string field) => Json.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <returns>Null, with an error, if the field is missing or not a string.</returns>
    public string? Text(string field)
    {
        if (!Json.TryGetProperty(field, out var value) || value.ValueKind != JsonValueKind.String)
        {
            Wrong(field, "Must be a string.");
            return null;
        }

        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            Wrong(field, "Contains half a surrogate pair; write whole characters.");
            return null;
        }
    }

    /// <returns>Null, with an error, if the field is missing or not a list.</returns>
    public IReadOnlyList<JsonElement>? List(string field)
    {
        if (Json.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Array)
            return [.. value.EnumerateArray()];
        Wrong(field, "Must be a list.");
        return null;
    }

    /// <returns>Null, with an error, if the key is missing, or neither a whole number nor a string.</returns>
    public PromptKey? Key()
    {
        if (Json.TryGetProperty("key", out var value) && PromptKey.Of(value) is { } key)
            return key;
        Wrong("key", "Must be a whole number or a string.");
        return null;
    }

    private static string Name(JsonProperty field)
    {
        try
        {
            return field.Name;
        }
        catch (InvalidOperationException)
        {
            return "(a field whose name has half a surrogate pair)";
        }
    }
}
