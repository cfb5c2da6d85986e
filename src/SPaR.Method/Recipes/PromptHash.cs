using System.Security.Cryptography;
using System.Text.Json;

namespace SPaR.Method.Recipes;

/// <summary>Hashes of prompts, so that a row tells which wording produced it. SHA-256, lower-case hex.</summary>
internal static class PromptHash
{
    /// <summary>Of a prompt set's wording, without its name.</summary>
    public static string Of(PromptSet set) => Hash(JsonSerializer.SerializeToUtf8Bytes(new
    {
        judge = set.Judge.Select(m => new { m.Role, m.Content }),
        set.Refine,
        set.Verdict,
        set.Answer,
    }));

    /// <summary>Of a conversation.</summary>
    public static string Of(IEnumerable<ChatMessage> messages) =>
        Hash(JsonSerializer.SerializeToUtf8Bytes(messages.Select(m => new { m.Role, m.Content })));

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
