using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SPaR.Method.Items;

namespace SPaR.Service.Trainings;

/// <summary>Draws the rows that are held out from a training: whole prompts, so that no prompt is on both sides. Depends on the seed and
/// on which prompts there are, not on their order.</summary>
internal static class HeldOutSplit
{
    /// <summary>Tells prompts apart.</summary>
    public static ulong KeyOf(ImmutableArray<TrainingMessage> prompt) => Hash(
        JsonSerializer.SerializeToUtf8Bytes(prompt.Select(m => new[] { m.Role, m.Content })));

    /// <param name="prompts">Of each row.</param>
    /// <param name="share">Of the rows, above 0 and below 1. Prompts are taken in a random order while their rows fit it; at least one
    /// prompt is held out, and one is left.</param>
    /// <returns>Whether each row is held out; null if all rows have the same prompt.</returns>
    public static bool[]? Choose(IReadOnlyList<ulong> prompts, double share, long seed)
    {
        var groups = prompts.CountBy(p => p).OrderBy(g => Order(g.Key, seed)).ThenBy(g => g.Key).ToArray();
        if (groups.Length < 2)
            return null;
        var most = Math.Clamp((int)Math.Round(share * prompts.Count), 1, prompts.Count - 1);
        var held = new HashSet<ulong>();
        var rows = 0;
        foreach (var (prompt, count) in groups.Where(g => g.Value <= most))
        {
            if (rows + count > most)
                continue;
            rows += count;
            held.Add(prompt);
        }

        if (held.Count == 0)
            held.Add(groups.MinBy(g => g.Value).Key);
        return [.. prompts.Select(held.Contains)];
    }

    private static ulong Order(ulong prompt, long seed) =>
        Hash(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{seed}/held-out/{prompt}")));

    private static ulong Hash(byte[] content) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(content));
}
