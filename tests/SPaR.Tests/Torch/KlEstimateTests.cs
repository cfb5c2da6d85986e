using System.Collections.Immutable;
using SPaR.Torch;
using SPaR.Torch.Models;
using SPaR.Torch.Training;
using static TorchSharp.torch;

namespace SPaR.Tests.Torch;

/// <summary>KTO's reference point, on a model that gives every token the same probability.</summary>
public sealed class KlEstimateTests
{
    private const double LogProb = -2;

    private static readonly ImmutableArray<Example> Data =
    [
        Rows.Pair("a", [1, 2], [3], [4, 4]), Rows.Pair("b", [5], [6, 6, 6], [7]), Rows.Pair("c", [8, 9, 9], [1, 1], [2, 2, 2, 2]),
    ];

    [Fact]
    public void Each_prompt_is_followed_by_the_answers_of_the_next_row() => new KlEstimate(Data, 100).Pairs
        .Select(p => (p.Id, string.Join(' ', p.Sides[0].Tokens), string.Join(' ', p.Sides[1].Tokens)))
        .ShouldBe([("a", "1 2 6 6 6", "1 2 7"), ("b", "5 1 1", "5 2 2 2 2"), ("c", "8 9 9 3", "8 9 9 4 4")]);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(2, 2)]
    public void It_is_the_mean_log_ratio_of_the_mismatched_answers(int microBatch, int threads)
    {
        using var scope = NewDisposeScope();
        using var workers = new Workers(threads);
        var estimate = new KlEstimate(Data, 100);

        // The mismatched answers have 4, 6 and 3 tokens: log-ratios of −8 + 7, −12 + 9 and −6 + 11 over two answers each.
        estimate.Of(Data, microBatch, Uniform, Reference, workers).ShouldBe((-0.5 - 1.5 + 2.5) / 3, 1e-12);
        estimate.Of([Data[2]], microBatch, Uniform, Reference, workers).ShouldBe(2.5, 1e-12);
        estimate.Of(Data[..2], microBatch, Uniform, Reference, workers).ShouldBe(0, "it is never below 0");

        static ReferencePair Reference(Example pair) => pair.Id switch
        {
            "a" => new(-3, -4),
            "b" => new(-4, -5),
            _ => new(-5, -6),
        };
    }

    [Fact]
    public void Mismatched_pairs_over_the_cutoff_are_left_out() =>
        new KlEstimate(Data, 4).Pairs.ShouldBeEmpty();

    [Fact]
    public void One_pair_is_not_enough() =>
        Should.Throw<TrainingFailureException>(() => new KlEstimate(Data[..1], 100)).Code.ShouldBe("no-data");

    private static Tensor Uniform(PackedSequences sequences) => full(sequences.Targets.shape, LogProb, ScalarType.Float64);
}
