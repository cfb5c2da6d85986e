using System.Collections.Immutable;
using SPaR.MicroWorld;
using SPaR.Torch.Losses;
using SPaR.Torch.Models;
using SPaR.Torch.Training;
using static TorchSharp.torch;

namespace SPaR.Integration.Tests.Torch.Models;

/// <summary>The hand-written backward pass in F64, against finite differences of the loss.</summary>
[Collection(TorchCollection.Name)]
public sealed class LanguageModelGradientTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar gradients ");

    public void Dispose() => _folder.Delete(recursive: true);

    public static TheoryData<string, bool, bool, double, bool> Cases => new()
    {
        // variant, packed completions, adapters, dropout, checkpointing
        { "plain", false, false, 0, false },
        { "gqa", false, false, 0, true },
        { "gqa", true, false, 0, false },
        { "tied", true, false, 0, true },
        { "factors", true, true, 0, false },
        { "gqa", true, true, 0.3, false },
        { "tied", false, true, 0.3, true },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_are_the_slopes_of_the_loss(string variant, bool packed, bool adapters, double dropout, bool checkpointing)
    {
        using var scope = NewDisposeScope();
        using var model = Load(variant, adapters ? new LoraOptions { R = 4, LoraDropout = dropout } : null);
        // Several chunks, with a rest.
        model.Chunk = 7 * model.Config.VocabularySize;
        var batch = TokenBatch.Of(packed ? Pairs(3) : Conversations(3));
        Slopes.ShouldBeTheGradients(model, batch.Sequences, checkpointing);
    }

    [Fact]
    public void Completions_of_a_shared_prompt_have_the_log_probabilities_of_whole_sequences()
    {
        using var scope = NewDisposeScope();
        using var model = Load("gqa", null);
        var pairs = Pairs(4);
        var together = TokenBatch.Of(pairs);
        together.Sequences.Time.ShouldBe(pairs.Max(p => p.Tokens));

        var sums = together.Sums(model.LogProbs(together.Sequences)).data<double>().ToArray();

        for (var i = 0; i < pairs.Length; i++)
            for (var side = 0; side < 2; side++)
            {
                var alone = TokenBatch.Of([new Example("alone", [pairs[i].Sides[side]])]);
                alone.Sums(model.LogProbs(alone.Sequences)).item<double>().ShouldBe(sums[side * pairs.Length + i], 1e-10);
            }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Eight_micro_batches_of_one_row_give_what_one_of_eight_gives_and_so_do_two_workers(bool dpo)
    {
        using var scope = NewDisposeScope();
        using var model = Load("gqa", null);
        var rows = dpo ? Pairs(8) : Conversations(8);
        var (whole, metrics) = Run(8, 1);
        foreach (var (microBatch, threads) in new[] { (1, 1), (8, 2), (3, 3) })
        {
            var (gradient, otherMetrics) = Run(microBatch, threads);
            gradient.Zip(whole, (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(1e-10);
            foreach (var (name, value) in metrics)
                otherMetrics[name].ShouldBe(value, 1e-10, name);
            Run(microBatch, threads).Gradient.ShouldBe(gradient, "the same again, bit for bit");
        }

        (double[] Gradient, Dictionary<string, double> Metrics) Run(int microBatch, int threads)
        {
            IObjective objective = dpo
                ? new PreferenceObjective(new SigmoidLoss(0.5, 0.1), 0.5, 0.2, row => new ReferencePair(-row.Length, -row.Length - 0.5))
                : new SftObjective();
            using var workers = new Workers(threads);
            using var runner = new StepRunner(model.Trainable, objective,
                (sequences, loss, gradients, seed) => model.Accumulate(sequences, loss, gradients, checkpointing: false, seed), workers);
            var metrics = runner.Run(rows, microBatch, 1, 1);
            return ([.. model.Trainable.Keys.SelectMany(n => runner.Gradients.Of(n)!.data<double>().ToArray())], metrics);
        }
    }

    [Fact]
    public void Dropout_depends_on_the_seed_of_the_step_and_not_on_checkpointing()
    {
        using var scope = NewDisposeScope();
        using var model = Load("gqa", new LoraOptions { R = 4, LoraDropout = 0.3 });
        var sequences = TokenBatch.Of(Conversations(2)).Sequences;

        var first = Gradient(1, checkpointing: false);
        Largest(Gradient(1, checkpointing: false)).ShouldBe(0);
        Largest(Gradient(1, checkpointing: true)).ShouldBeLessThan(1e-12);
        Largest(Gradient(2, checkpointing: false)).ShouldBeGreaterThan(1e-6, "the same batch drops other numbers in another step");

        double Largest(double[] other) => other.Zip(first, (a, b) => Math.Abs(a - b)).Max();
        double[] Gradient(long seed, bool checkpointing)
        {
            using var gradients = new Gradients(model.Trainable);
            model.Accumulate(sequences, p => (p * -1).mean(), gradients, checkpointing, seed);
            return [.. model.Trainable.Keys.SelectMany(n => gradients.Of(n)!.data<double>().ToArray())];
        }
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_gradient_in_bf16_points_where_the_exact_one_does(bool adapters, bool checkpointing)
    {
        using var scope = NewDisposeScope();
        var lora = adapters ? new LoraOptions { R = 4 } : null;
        var (exact, half) = (Gradient("f64"), Gradient("bf16"));
        var cosine = exact.Zip(half, (a, b) => a * b).Sum() / Math.Sqrt(exact.Sum(a => a * a) * half.Sum(b => b * b));
        // Products of numbers with 8 bits: a few parts in a hundred.
        cosine.ShouldBeInRange(0.98, 1 - 1e-6);

        double[] Gradient(string precision)
        {
            using var model = Load("gqa", lora, precision);
            using var gradients = new Gradients(model.Trainable);
            model.Accumulate(TokenBatch.Of(Pairs(4)).Sequences, p => (p * -1).mean(), gradients, checkpointing, 1);
            return [.. model.Trainable.Keys.SelectMany(n => gradients.Of(n)!.to_type(ScalarType.Float64).data<double>().ToArray())];
        }
    }

    private static ImmutableArray<Example> Pairs(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new Example($"pair {i}",
            [TokenSequence.Of(Tokens(3 + i, 60, i), Tokens(4 + i % 3, 60, 50 + i)), TokenSequence.Of(
                Tokens(3 + i, 60, i), Tokens(6 - i % 4, 60, 70 + i))]))];

    private static ImmutableArray<Example> Conversations(int count) =>
        [.. Enumerable.Range(0, count)
            .Select(i => new Example($"row {i}", [TokenSequence.Of(Tokens(2 + i, 60, i), Tokens(5 + i % 3, 60, 90 + i))]))];

    private static ImmutableArray<int> Tokens(int count, int below, int seed)
    {
        var random = new MicroRandom((ulong)seed + 1);
        return [.. Enumerable.Range(0, count).Select(_ => random.Below(below))];
    }

    private LanguageModel Load(string variant, LoraOptions? lora, string precision = "f64")
    {
        using var scope = NewDisposeScope();
        manual_seed(8);
        var model = LanguageModel.Load(TinyLlama.Write(Path.Combine(_folder.FullName, $"{variant}.gguf"), variant), precision, lora, 3);
        foreach (var leaf in model.Trainable.Values)
            leaf.add_((randn(leaf.shape, ScalarType.Float64) * 0.05).to_type(leaf.dtype));
        return model;
    }
}
