using SPaR.Method.Input;

namespace SPaR.Service.Datasets;

/// <summary>A system prompt in a column of its own.</summary>
internal static class SystemColumn
{
    /// <returns>The conversation with the system prompt, if the row has one.</returns>
    public static IReadOnlyList<ChatMessage> Before(FieldReader fields, IReadOnlyList<ChatMessage> prompt)
    {
        if (fields.Text("system", null, "a text") is not { } system || string.IsNullOrWhiteSpace(system))
            return prompt;
        if (prompt is [{ Role: "system" }, ..])
            fields.Fault("system", "is given next to a system message; give one of them.");
        return [new("system", system), .. prompt];
    }
}
