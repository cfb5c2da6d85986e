using System.Collections.Immutable;
using SPaR.MicroWorld;
using SPaR.Torch.Losses;
using SPaR.Torch.Models;
using SPaR.Torch.Optimisers;
using SPaR.Torch.Training;
using static TorchSharp.torch;

namespace SPaR.Integration.Tests.Torch.Models;

/// <summary>Prompt and common beginning of a pair's answers are computed once: every loss, its gradient and the reference are what
/// separate sequences give.</summary>
[Collection(TorchCollection.Name)]
public sealed class SharedPrefixTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar prefix ");

    public void Dispose() => _folder.Delete(recursive: true);

    public static MatrixTheoryData<string, string> Cases => new(PreferenceLosses.All.Keys, ["f64", "f32"]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_and_gradient_are_those_of_separate_sequences(string name, string precision)
    {
        using var scope = NewDisposeScope();
        using var model = Load(precision);
        var pairs = Pairs();
        pairs.ShouldContain(p => p.SharedPrefix == p.Sides.Min(s => s.Tokens.Length), "one answer is the beginning of the other");
        var loss = PreferenceLosses.Of(new() { LossType = [name], LabelSmoothing = 0.1, Beta = 0.3 });
        var objective = new PreferenceObjective(loss, 0.3, 0.2, loss.UsesReference ? Reference : null);
        using var together = new Gradients(model.Trainable);
        var (value, _) = Packed(model, pairs, objective, together);
        using var separate = new Gradients(model.Trainable);

        Separate(model, pairs, loss, 0.2, separate).ShouldBe(value, 1e-6);
        // IPO's gradient is larger than 1.
        Largest(model, together, separate).ShouldBeLessThan(1e-6 * Math.Max(1, GradientNorm.Of(model.Trainable, together)));
    }

    [Theory]
    [InlineData("f64")]
    [InlineData("f32")]
    public void The_reference_is_that_of_separate_sequences(string precision)
    {
        using var scope = NewDisposeScope();
        using var model = Load(precision);
        using var workers = new Workers(2);
        var pairs = Pairs();

        foreach (var (pair, found) in pairs.Zip(ReferenceLogProbs.Compute([.. pairs], model.LogProbs, workers)))
        {
            found.Chosen.ShouldBe(Alone(model, pair.Sides[0]), precision == "f64" ? 1e-10 : 2e-5);
            found.Rejected.ShouldBe(Alone(model, pair.Sides[1]), precision == "f64" ? 1e-10 : 2e-5);
        }
    }

    private static (double Loss, IReadOnlyDictionary<string, double> Metrics) Packed(
        LanguageModel model, ImmutableArray<Example> pairs, IObjective objective, Gradients gradients)
    {
        var batch = TokenBatch.Of(pairs);
        MicroBatchResult? result = null;
        var value = 0.0;
        model.Accumulate(batch.Sequences, logProbs =>
        {
            result = objective.Of(logProbs, batch, pairs, pairs);
            value = result.Loss.item<double>();
            return result.Loss;
        }, gradients, checkpointing: false, 1);
        return (value, result!.Metrics);
    }

    /// <summary>By the chain rule: the gradient of the loss with respect to the log-probability of each side, times the gradient of that
    /// with respect to the weights, from a pass over the side alone.</summary>
    private static double Separate(
        LanguageModel model, ImmutableArray<Example> pairs, IPreferenceLoss loss, double sftWeight, Gradients gradients)
    {
        Tensor[] logProbs = [.. Enumerable.Range(0, 2).Select(side =>
            Numbers(pairs.Select(p => Alone(model, p.Sides[side]))).requires_grad_())];
        var sides = logProbs.Select((sum, side) => new SideLogProbs(
            sum,
            loss.UsesReference ? Numbers(pairs.Select(p => side == 0 ? Reference(p).Chosen : Reference(p).Rejected)) : null,
            Numbers(pairs.Select(p => (double)p.Sides[side].TargetCount)))).ToArray();
        var value = (loss.Of(new(sides[0], sides[1])) - sides[0].MeanLogProb * sftWeight).mean();
        value.backward();
        for (var side = 0; side < 2; side++)
            foreach (var (pair, slope) in pairs.Zip(logProbs[side].grad!.data<double>().ToArray()))
            {
                var alone = TokenBatch.Of([new("alone", [pair.Sides[side]])]);
                model.Accumulate(alone.Sequences, p => alone.Sums(p).sum() * slope, gradients, checkpointing: false, 1);
            }
        return value.item<double>();
    }

    private static double Alone(LanguageModel model, TokenSequence side)
    {
        var batch = TokenBatch.Of([new("alone", [side])]);
        return batch.Sums(model.LogProbs(batch.Sequences)).item<double>();
    }

    private static ReferencePair Reference(Example pair) => new(-3.9 * pair.Sides[0].TargetCount, -4.2 * pair.Sides[1].TargetCount);

    private static double Largest(LanguageModel model, Gradients one, Gradients other) => model.Trainable.Keys.Max(name =>
        (one.Of(name)!.to_type(ScalarType.Float64) - other.Of(name)!.to_type(ScalarType.Float64)).abs().max().item<double>());

    /// <summary>Random pairs whose answers begin with 0 to all of their tokens in common; in some, one answer is the beginning of the
    /// other.</summary>
    private static ImmutableArray<Example> Pairs()
    {
        var random = new MicroRandom(11);
        int[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Below(60))];
        return
        [
            .. Enumerable.Range(0, 12).Select(i =>
            {
                var (prompt, common) = (Draw(2 + i % 3), Draw(i % 6));
                return new Example($"pair {i}",
                [
                    TokenSequence.Of([.. prompt], [.. common, .. Draw(i % 4 + 1)]),
                    TokenSequence.Of([.. prompt], [.. common, .. Draw(common.Length == 0 ? 2 : i % 3)]),
                ]);
            }),
        ];
    }

    private static Tensor Numbers(IEnumerable<double> values) => tensor(values.ToArray());

    private LanguageModel Load(string precision)
    {
        using var scope = NewDisposeScope();
        manual_seed(8);
        return LanguageModel.Load(TinyLlama.Write(Path.Combine(_folder.FullName, "gqa.gguf"), "gqa"), precision, null, 3);
    }
}
