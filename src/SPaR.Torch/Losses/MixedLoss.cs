using System.Collections.Immutable;

namespace SPaR.Torch.Losses;

/// <summary>A weighted sum of losses, as in mixed preference optimisation (arXiv 2411.10442).</summary>
internal sealed class MixedLoss(ImmutableArray<(IPreferenceLoss Loss, double Weight)> parts) : IPreferenceLoss
{
    // Null if any part has no reference.
    public double? AtReference => parts.Aggregate((double?)0, (sum, part) => sum + part.Weight * part.Loss.AtReference);

    public bool UsesReference => parts.Any(part => part.Loss.UsesReference);

    public bool UsesKl => parts.Any(part => part.Loss.UsesKl);

    public Tensor Of(PairLogProbs pairs) => parts.Select(part => part.Loss.Of(pairs) * part.Weight).Aggregate((sum, part) => sum + part);
}
