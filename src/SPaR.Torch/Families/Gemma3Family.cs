namespace SPaR.Torch.Families;

/// <summary>Gemma 3 (arXiv 2503.19786): of six layers five see a window of the last positions only. The 27B model, known by its 62 layers,
/// scales its scores in its own way.</summary>
internal static class Gemma3Family
{
    public static ModelFamily Family { get; } = new("gemma3")
    {
        HasQueryAndKeyNorms = true,
        HasPostNorms = true,
        Gate = GateActivation.Gelu,
        ScalesEmbedding = true,
        ScalesScoresByWidth = layers => layers == 62,
        Local = new(Period: 6, RopeBase: 10_000),
    };
}
