using System.Text.Json;

namespace SPaR.Method.Input;

/// <summary>Whether JSON holds only text that can be stored: PostgreSQL takes no U+0000, and half a surrogate pair is no text.</summary>
internal static class StorableText
{
    public static bool Is(JsonElement json)
    {
        try
        {
            return json.ValueKind switch
            {
                JsonValueKind.Object => json.EnumerateObject().All(p => !p.Name.Contains('\0') && Is(p.Value)),
                JsonValueKind.Array => json.EnumerateArray().All(Is),
                JsonValueKind.String => !json.GetString()!.Contains('\0'),
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
