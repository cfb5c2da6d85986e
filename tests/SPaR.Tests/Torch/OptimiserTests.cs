using SPaR.Torch.Models;
using SPaR.Torch.Optimisers;
using TorchSharp;
using static TorchSharp.torch;

namespace SPaR.Tests.Torch;

public sealed class OptimiserTests
{
    private const double Rate = 0.01, Beta1 = 0.9, Beta2 = 0.999, Decay = 0.1;

    [Fact]
    public void Adamw_follows_its_algorithm()
    {
        using var scope = NewDisposeScope();
        double[] expected = [1, -2, 3, 0.5], m = new double[4], v = new double[4];
        var weight = tensor((double[])[.. expected], [2, 2]);
        var weights = new Dictionary<string, Tensor> { ["output.weight"] = weight };
        var state = new Dictionary<string, Tensor>();
        for (var t = 1; t <= 5; t++)
        {
            var g = expected.Select((_, i) => Math.Sin(t + i)).ToArray();
            for (var i = 0; i < 4; i++)
            {
                m[i] = Beta1 * m[i] + (1 - Beta1) * g[i];
                v[i] = Beta2 * v[i] + (1 - Beta2) * g[i] * g[i];
                var step = m[i] / (1 - Math.Pow(Beta1, t)) / (Math.Sqrt(v[i] / (1 - Math.Pow(Beta2, t))) + 1e-8);
                expected[i] -= Rate * (step + Decay * expected[i]);
            }
            Update(new AdamW(Beta1, Beta2, Decay), weights, state, g, t);
        }

        Values(weight).ShouldBe(expected, 1e-13);
        state.Keys.ShouldBe(["m/output.weight", "v/output.weight"]);
    }

    [Fact]
    public void Vectors_do_not_decay()
    {
        using var scope = NewDisposeScope();
        var weight = tensor(new double[] { 5, 5 }, [2]);

        Update(new AdamW(Beta1, Beta2, Decay), new() { ["output_norm.weight"] = weight }, [], [0, 0], 1);

        Values(weight).ShouldBe([5, 5]);
    }

    [Theory]
    [InlineData(4, 4)]
    [InlineData(3, 8)]
    [InlineData(8, 3)]
    public void Newton_and_schulz_bring_singular_values_near_1(int rows, int columns)
    {
        using var scope = NewDisposeScope();
        var matrix = tensor(Enumerable.Range(0, rows * columns).Select(i => Math.Sin(1 + i * i)).ToArray(), [rows, columns]);

        var x = Muon.Orthogonal(matrix);

        x.shape.ShouldBe([rows, columns]);
        // The squares of the singular values add up to the trace of the Gram matrix.
        var mean = (x * x).sum().ToDouble() / Math.Min(rows, columns);
        mean.ShouldBeInRange(0.4, 1.5);
        // It keeps the direction: U Vᵀ · U Σ Vᵀ is the sum of the singular values.
        (x * matrix).sum().ToDouble().ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Muon_steps_by_the_same_size_whatever_the_gradient_and_leaves_the_rest_to_adamw()
    {
        using var scope = NewDisposeScope();
        double Moved(double scale, double ratio = 1)
        {
            var weight = zeros([8, 2], ScalarType.Float64);
            var gradient = Enumerable.Range(1, 16).Select(i => scale * Math.Cos(i * i)).ToArray();
            Update(NewMuon(ratio), new() { ["blk.0.ffn_up.weight"] = weight }, [], gradient, 1);
            return Math.Sqrt(Values(weight).Sum(w => w * w));
        }

        Moved(1).ShouldBe(Moved(1e-3), 1e-4);
        Moved(1, ratio: 3).ShouldBe(3 * Moved(1), 1e-12);
        // Two singular values near 1, times √(8 / 2).
        Moved(1).ShouldBeInRange(Rate * 2 * Math.Sqrt(2) * 0.6, Rate * 2 * Math.Sqrt(2) * 1.25);
        var state = new Dictionary<string, Tensor>();
        (string, long[])[] shapes = [("token_embd.weight", [2, 2]), ("blk.0.attn_norm.weight", [4]), ("blk.0.attn_q.weight", [2, 2])];
        foreach (var (name, shape) in shapes)
            Update(NewMuon(), new() { [name] = zeros(shape, ScalarType.Float64) }, state, [1, 2, 3, 4], 1);
        state.Keys.Order(StringComparer.Ordinal).ShouldBe(["m/blk.0.attn_norm.weight", "m/token_embd.weight",
            "momentum/blk.0.attn_q.weight", "v/blk.0.attn_norm.weight", "v/token_embd.weight"]);
    }

    [Fact]
    public void Muon_updates_matrices_that_are_stored_as_one_as_if_they_were_stored_apart()
    {
        using var scope = NewDisposeScope();
        double[] gradient = [.. Enumerable.Range(1, 20).Select(i => Math.Cos(i * i))];
        var (one, query, key) = (ones([5, 4], ScalarType.Float64), ones([3, 4], ScalarType.Float64), ones([2, 4], ScalarType.Float64));
        var apart = new Muon(new AdamW(Beta1, Beta2, 0), Decay, (name, _) => name == "blk.0.attn_qkv.weight" ? [3, 2] : [4]);

        Update(apart, new() { ["blk.0.attn_qkv.weight"] = one }, [], gradient, 1);

        var muon = new Muon(new AdamW(Beta1, Beta2, 0), Decay, (_, rows) => [rows]);
        Update(muon, new() { ["blk.0.attn_q.weight"] = query }, [], gradient[..12], 1);
        Update(muon, new() { ["blk.0.attn_k.weight"] = key }, [], gradient[12..], 1);
        Values(one).ShouldBe([.. Values(query), .. Values(key)], 1e-15);
    }

    [Fact]
    public void Gradients_are_clipped_to_their_common_norm()
    {
        using var scope = NewDisposeScope();
        var weights = new Dictionary<string, Tensor> { ["a"] = zeros([2], ScalarType.Float64), ["b"] = zeros([1], ScalarType.Float64) };
        using var gradients = new Gradients(weights);
        gradients.Add("a", tensor(new double[] { 3, 0 }, [2]));
        gradients.Add("b", tensor(new double[] { 4 }, [1]));

        GradientNorm.Of(weights, gradients).ShouldBe(5);
        GradientNorm.Clip(5, 0).ShouldBe(1);
        GradientNorm.Clip(5, 5).ShouldBe(1);
        GradientNorm.Clip(5, 1).ShouldBe(0.2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_clipped_gradient_moves_the_weights_as_a_smaller_one_does(bool muon)
    {
        using var scope = NewDisposeScope();
        double[] Moved(double[] gradient, double clip)
        {
            // More numbers than one slice has, with a rest.
            var weight = zeros([300, 300], ScalarType.Float64);
            IOptimiser optimiser = muon ? NewMuon() : new AdamW(Beta1, Beta2, Decay);
            var state = new Dictionary<string, Tensor>();
            for (var step = 1; step <= 2; step++)
                Update(optimiser, new() { ["blk.0.ffn_up.weight"] = weight }, state, gradient, step, clip);
            return Values(weight);
        }
        var gradient = Enumerable.Range(0, 90_000).Select(i => 1e-8 * Math.Sin(i)).ToArray();

        var moved = Moved(gradient, 0.25);
        moved.ShouldBe(Moved([.. gradient.Select(g => g / 4)], 1), 1e-12);
        moved.ShouldAllBe(m => m != 0 || gradient[0] == 0);
        moved[^1].ShouldNotBe(0);
    }

    [Fact]
    public void Gradients_add_up_until_they_are_cleared()
    {
        using var scope = NewDisposeScope();
        var weights = new Dictionary<string, Tensor> { ["w"] = zeros([2, 2]), ["other"] = zeros([2]) };
        using var gradients = new Gradients(weights);
        gradients.Of("w").ShouldBeNull();

        for (var round = 0; round < 2; round++)
        {
            gradients.Clear();
            gradients.AddProduct("w", tensor(new float[] { 1, 2 }, [1, 2]), tensor(new float[] { 10, 20 }, [1, 2]));
            gradients.AddRows("w", tensor(new long[] { 1, 1 }, [2]), ones([2, 2]));
            gradients.Add("w", full([2, 2], 0.5, ScalarType.Float32));
            gradients.Of("w")!.data<float>().ToArray().ShouldBe([10.5f, 20.5f, 22.5f, 42.5f]);
            gradients.Of("other").ShouldBeNull();
        }
    }

    private static Muon NewMuon(double ratio = 1) => new(new AdamW(Beta1, Beta2, 0), 0, (_, rows) => [rows], ratio);

    private static void Update(
        IOptimiser optimiser, Dictionary<string, Tensor> weights, Dictionary<string, Tensor> state, double[] gradient, int step,
        double clip = 1)
    {
        using var gradients = new Gradients(weights);
        var (name, weight) = weights.Single();
        gradients.Add(name, tensor(gradient, [.. weight.shape]));
        using var frozen = no_grad();
        optimiser.Update(weights, gradients, clip, state, Rate, step);
    }

    private static double[] Values(Tensor tensor) => tensor.detach().data<double>().ToArray();
}
