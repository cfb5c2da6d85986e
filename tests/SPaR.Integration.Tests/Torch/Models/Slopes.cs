using SPaR.Torch.Models;
using static TorchSharp.torch;

namespace SPaR.Integration.Tests.Torch.Models;

/// <summary>Compares gradients in F64 with finite differences of the loss, weight by weight along a random direction.</summary>
internal static class Slopes
{
    private const double Step = 1e-6;

    public static void ShouldBeTheGradients(LanguageModel model, PackedSequences sequences, bool checkpointing)
    {
        using var gradients = new Gradients(model.Trainable);
        using var unused = new Gradients(model.Trainable);
        Loss(gradients);
        foreach (var (name, weight) in model.Trainable)
        {
            using var direction = randn(weight.shape, ScalarType.Float64);
            var along = (gradients.Of(name)! * direction).sum().item<double>();
            weight.add_(direction, Step);
            var above = Loss(unused);
            weight.add_(direction, -2 * Step);
            var slope = (above - Loss(unused)) / (2 * Step);
            weight.add_(direction, Step);
            along.ShouldBe(slope, 1e-7 * Math.Max(1, Math.Abs(slope)), name);
            Math.Abs(slope).ShouldBeGreaterThan(1e-6, name);
        }

        double Loss(Gradients into)
        {
            var loss = 0.0;
            model.Accumulate(sequences, logProbs =>
            {
                var factors = cos(arange(logProbs.shape[0], ScalarType.Float64));
                var scalar = (logProbs * factors).sum();
                loss = scalar.item<double>();
                return scalar;
            }, into, checkpointing, seed: 5);
            return loss;
        }
    }
}
