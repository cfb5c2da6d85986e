using System.Text.Json;

namespace SPaR.Service.Evaluations;

/// <summary>What a benchmark set says, for the search for instructions that are in it.</summary>
internal static class BenchmarkTexts
{
    /// <param name="set">Null is none.</param>
    public static async Task<List<string>> ReadAsync(SparDb db, string? set, CancellationToken cancellationToken) => set is null
        ? []
        : [.. (await db.BenchmarkItems.AsNoTracking().Where(i => i.SetId == set).Select(i => i.Body).ToListAsync(cancellationToken))
            .SelectMany(Texts)];

    /// <summary>Every text in an item, whatever its benchmark calls the field.</summary>
    private static IEnumerable<string> Texts(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => [json.GetString()!],
        JsonValueKind.Array => json.EnumerateArray().SelectMany(Texts),
        JsonValueKind.Object => json.EnumerateObject().SelectMany(property => Texts(property.Value)),
        _ => [],
    };
}
