using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SPaR.Method.Recipes;

/// <summary>A benchmark that a recipe measures in every round.</summary>
/// <param name="Name">How rounds and the rollback refer to it; unique in the recipe.</param>
/// <param name="Benchmark">The name of the benchmark.</param>
/// <param name="Data">The set of items (<c>bmk_…</c>) of a benchmark that has no built-in items.</param>
/// <param name="Decoding">Null is greedy, for a benchmark that asks for answers.</param>
/// <param name="Limit">Measures only this many items, from the first on.</param>
[JsonConverter(typeof(RoundBenchmarkJson))]
public sealed record RoundBenchmark(
    string Name, string Benchmark, string? Data = null, Decoding? Decoding = null, [property: Range(1, 10_000_000)] int? Limit = null)
{
    /// <summary>A benchmark under its own name, with its built-in items.</summary>
    public static RoundBenchmark Plain(string benchmark) => new(benchmark, benchmark);

    internal bool IsPlain => this == Plain(Benchmark);
}

/// <summary>Writes a plain one as its name, as users do, and as recipes were stored before the other fields existed.</summary>
internal sealed class RoundBenchmarkJson : JsonConverter<RoundBenchmark>
{
    public override RoundBenchmark Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return RoundBenchmark.Plain(reader.GetString()!);
        var whole = JsonSerializer.Deserialize<Whole>(ref reader, options) ?? throw new JsonException("A stored benchmark is null.");
        return new(whole.Name, whole.Benchmark, whole.Data, whole.Decoding, whole.Limit);
    }

    public override void Write(Utf8JsonWriter writer, RoundBenchmark value, JsonSerializerOptions options)
    {
        if (value.IsPlain)
            writer.WriteStringValue(value.Name);
        else
            JsonSerializer.Serialize(
                writer, new Whole(value.Name, value.Benchmark, value.Data, value.Decoding, value.Limit), options);
    }

    private sealed record Whole(string Name, string Benchmark, string? Data, Decoding? Decoding, int? Limit);
}
