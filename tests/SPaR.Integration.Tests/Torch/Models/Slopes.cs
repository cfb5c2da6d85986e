using SPaR.Torch.Models;
using static TorchSharp.torch;

namespace SPaR.Integration.Tests.Torch.Models;

/// <summary>Compares gradients in F64 with finite differences of the loss, weight by weight along a random direction.</summary>
internal static class Slopes
{
    private const double Step = 1e-5;

    public static void ShouldBeTheGradients(LanguageModel model, PackedSequences sequences, bool checkpointing)
    {
        using var gradients = new Gradients(model.Trainable);
        using var unused = new Gradients(model.Trainable);
        using var random = new Generator(1);
        Loss(gradients);
        foreach (var (name, weight) in model.Trainable)
        {
            using var direction = randn(weight.shape, ScalarType.Float64, generator: random);
            var along = (gradients.Of(name)! * direction).sum().item<double>();
            // Of fourth order: with two points, the rounding of a small step or the curve within a large one exceeds the tolerance.
            var slope = ((8 * (At(1) - At(-1))) - At(2) + At(-2)) / (12 * Step);
            along.ShouldBe(slope, 1e-7 * Math.Max(1, Math.Abs(slope)), name);
            Math.Abs(slope).ShouldBeGreaterThan(1e-6, name);

            double At(int steps)
            {
                weight.add_(direction, steps * Step);
                var loss = Loss(unused);
                weight.add_(direction, -steps * Step);
                return loss;
            }
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
