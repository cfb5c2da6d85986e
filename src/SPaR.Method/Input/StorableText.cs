using System.Text.Json;

namespace SPaR.Method.Input;

/// <summary>Whether all text in the JSON can be stored: PostgreSQL rejects U+0000, and half a surrogate pair is not Unicode.</summary>
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
