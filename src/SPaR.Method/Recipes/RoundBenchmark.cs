using System.Text.Json;
using System.Text.Json.Serialization;

namespace SPaR.Method.Recipes;

/// <summary>One thing that a recipe has measured in every round.</summary>
/// <param name="Name">What the rounds' views and the rollback call it; unique in the recipe.</param>
/// <param name="Benchmark">A benchmark's name.</param>
/// <param name="Data">The set of items (<c>bmk_…</c>), for a benchmark without items of its own.</param>
/// <param name="Decoding">Greedy where null, for a benchmark that has answers given.</param>
/// <param name="Limit">Only the first so many items.</param>
[JsonConverter(typeof(RoundBenchmarkJson))]
public sealed record RoundBenchmark(string Name, string Benchmark, string? Data = null, Decoding? Decoding = null, int? Limit = null)
{
    /// <summary>A benchmark under its own name, with its own items.</summary>
    public static RoundBenchmark Plain(string benchmark) => new(benchmark, benchmark);

    public bool IsPlain => this == Plain(Benchmark);
}

/// <summary>A plain one is written as its name: as users write it, and as recipes were stored before there was more to say.</summary>
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
