using System.Text;
using System.Text.Json;

namespace SPaR.Service.Http;

/// <summary>Says where in a JSON text a byte is, as the user would: <c>recipe.prompts.judge[0].content</c>.</summary>
internal static class JsonPath
{
    public const string Whole = "body";

    /// <param name="json">Valid up to the position.</param>
    /// <returns>The path of the value at the position, or of the object whose property name is there; <see cref="Whole"/> for the
    /// root.</returns>
    public static string To(ReadOnlySpan<byte> json, long position)
    {
        var reader = new Utf8JsonReader(json[..(int)Math.Min(position, json.Length)], isFinalBlock: false, default);
        // Each open object or list: the property or the index that it is at.
        var open = new Stack<(string? Name, int Index)>();
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
                open.Pop();
            if (reader.TokenType is JsonTokenType.PropertyName)
                open.Push((open.Pop() with { Name = reader.GetString() }));
            else if (reader.TokenType is JsonTokenType.StartObject)
                open.Push((null, -1));
            else if (reader.TokenType is JsonTokenType.StartArray)
                open.Push(("", 0));
            else if (open.TryPop(out var container))
                open.Push(container.Index < 0 ? (null, -1) : container with { Index = container.Index + 1 });
        }

        var path = new StringBuilder();
        foreach (var (name, index) in open.Reverse())
            _ = index < 0
                ? name is null ? path : path.Append(path.Length == 0 ? "" : ".").Append(name)
                : path.Append('[').Append(index).Append(']');
        return path.Length == 0 ? Whole : path.ToString();
    }
}
