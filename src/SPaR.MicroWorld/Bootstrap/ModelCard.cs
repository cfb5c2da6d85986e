using System.Globalization;

namespace SPaR.MicroWorld.Bootstrap;

/// <summary>The model card of a bootstrapped model: what it is, how it was made and how it performs.</summary>
public static class ModelCard
{
    public const string FileName = "MODEL_CARD.md";

    /// <param name="measures">The measures of the benchmark <c>micro-world</c>, by name, and <c>judge_accuracy_one_vote</c>.</param>
    public static string Write(ulong seed, int steps, IReadOnlyDictionary<string, double> measures)
    {
        using var stream = typeof(ModelCard).Assembly.GetManifestResourceStream("card.md")
            ?? throw new InvalidOperationException("card.md is not embedded in SPaR.MicroWorld: rebuild the project.");
        using var reader = new StreamReader(stream);
        var card = reader.ReadToEnd()
            .Replace("{seed}", seed.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{steps}", steps.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{rope_base}", Shape.RopeBase.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        foreach (var (name, mean) in measures)
            card = card.Replace($"{{{name}}}", mean.ToString("0.000", CultureInfo.InvariantCulture), StringComparison.Ordinal);
        return card;
    }
}
