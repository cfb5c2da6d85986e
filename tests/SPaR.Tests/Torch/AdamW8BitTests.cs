using System.Collections.Immutable;
using SPaR.Torch.Models;
using SPaR.Torch.Optimisers;
using static TorchSharp.torch;

namespace SPaR.Tests.Torch;

public sealed class AdamW8BitTests
{
    private const double Rate = 0.01, Beta1 = 0.9, Beta2 = 0.999;

    [Fact]
    public void The_maps_are_those_of_dynamic_tree_quantisation()
    {
        foreach (var map in new[] { DynamicMap.Signed, DynamicMap.Unsigned })
        {
            map.Length.ShouldBe(256);
            map.ShouldBe(map.Order());
            map.Distinct().Count().ShouldBe(256);
            map[^1].ShouldBe(1);
        }
        DynamicMap.Signed[127].ShouldBe(0);
        DynamicMap.Signed[128].ShouldBe(5.5e-7f, 1e-12f);
        DynamicMap.Signed[^2].ShouldBe(1 - 0.9f / 128, 1e-6f);
        DynamicMap.Signed.Where(x => x < 0).ShouldBe(DynamicMap.Signed.Where(x => x is > 0 and < 1).Select(x => -x).Reverse());
        DynamicMap.Unsigned[0].ShouldBe(0);
        DynamicMap.Unsigned[1].ShouldBe(3.25e-7f, 1e-12f);
        DynamicMap.Unsigned[^2].ShouldBe(1 - 0.9f / 256, 1e-6f);
    }

    [Fact]
    public void A_number_becomes_the_nearest_of_the_map_times_its_blocks_largest_magnitude()
    {
        using var scope = NewDisposeScope();
        // Two whole blocks of different sizes and a part of a third, with zeros.
        float[] numbers = [.. Enumerable.Range(0, 600).Select(i =>
            i == 300 ? 0 : (float)(Math.Sin(i * i) * (i < 256 ? 1e-3 : i < 512 ? 50 : 0)))];
        var (state, like) = (new Dictionary<string, Tensor>(), tensor(numbers, [numbers.Length]));
        var blocks = new EightBitBlocks(state, "m", like, DynamicMap.Signed);
        blocks.Read(0, like).data<float>().ToArray().ShouldAllBe(x => x == 0, "the first step starts at zeros");

        blocks.Write(0, like);

        float[] expected = [.. numbers.Chunk(256).SelectMany(block =>
        {
            var most = block.Max(Math.Abs);
            return block.Select(x => most == 0 ? 0 : most * DynamicMap.Signed.MinBy(m => Math.Abs(x / most - m)));
        })];
        blocks.Read(0, like).data<float>().ToArray().ShouldBe(expected, 1e-12);
        // The map's middles are at most 0.45 / 64 of the largest magnitude away.
        expected.Zip(numbers, (a, b) => Math.Abs(a - b)).Take(256).Max().ShouldBeLessThan(1e-3f * 0.45f / 64 * 1.001f);
        expected.Zip(numbers).ShouldContain(pair => pair.First != pair.Second, "something is rounded");
        state.Select(s => (s.Key, s.Value.dtype, s.Value.numel())).ShouldBe(
            [("m", ScalarType.Byte, 768), ("m/scale", ScalarType.Float32, 3)]);
    }

    [Fact]
    public void Only_a_square_of_zero_becomes_zero()
    {
        using var scope = NewDisposeScope();
        var like = tensor(new[] { 1f, 1e-12f, 0f }, [3]);
        var blocks = new EightBitBlocks(new Dictionary<string, Tensor>(), "v", like, DynamicMap.Unsigned);

        blocks.Write(0, like);

        var read = blocks.Read(0, like).data<float>().ToArray();
        read[0].ShouldBe(1);
        read[1].ShouldBe(DynamicMap.Unsigned[1]);
        read[2].ShouldBe(0);
    }

    [Fact]
    public void It_follows_adamw_on_a_decoded_state_and_keeps_two_bytes_per_number()
    {
        using var scope = NewDisposeScope();
        // More than a slice, with a part of a block at the end.
        const int Numbers = 65_536 + 300;
        var (weight, same) = (zeros([Numbers], ScalarType.Float32), zeros([Numbers], ScalarType.Float32));
        var (state, decoded) = (new Dictionary<string, Tensor>(), new Dictionary<string, Tensor>());
        for (var step = 1; step <= 3; step++)
        {
            float[] gradient = [.. Enumerable.Range(0, Numbers).Select(i => (float)Math.Sin(step * 0.1 + i))];
            // AdamW with m and v as the blocks hold them.
            foreach (var (kind, map) in new[] { ("m", DynamicMap.Signed), ("v", DynamicMap.Unsigned) })
                decoded[$"{kind}/w"] = Read(state, $"{kind}8/w", weight, map);
            Update(new AdamW(Beta1, Beta2, 0), same, decoded, gradient, step);
            Update(new AdamW8Bit(new AdamW(Beta1, Beta2, 0)), weight, state, gradient, step);
            weight.data<float>().ToArray().ShouldBe(same.data<float>().ToArray());
            weight[Numbers - 1].item<float>().ShouldNotBe(0);
        }

        state.Sum(s => s.Value.numel() * s.Value.element_size()).ShouldBeLessThan((long)(2.1 * Numbers));
    }

    [Fact]
    public void Small_weights_keep_their_state_whole()
    {
        using var scope = NewDisposeScope();
        var state = new Dictionary<string, Tensor>();

        Update(new AdamW8Bit(new AdamW(Beta1, Beta2, 0)), zeros([4095], ScalarType.Float32), state, new float[4095], 1);

        state.Select(s => (s.Key, s.Value.dtype)).ShouldBe([("m/w", ScalarType.Float32), ("v/w", ScalarType.Float32)]);
    }

    private static Tensor Read(Dictionary<string, Tensor> state, string key, Tensor like, ImmutableArray<float> map)
    {
        var blocks = new EightBitBlocks(state, key, like, map);
        return cat([blocks.Read(0, like.narrow(0, 0, 65_536)), blocks.Read(65_536, like.narrow(0, 65_536, like.shape[0] - 65_536))]);
    }

    private static void Update(IOptimiser optimiser, Tensor weight, Dictionary<string, Tensor> state, float[] gradient, int step)
    {
        var weights = new Dictionary<string, Tensor> { ["w"] = weight };
        using var gradients = new Gradients(weights);
        gradients.Add("w", tensor(gradient, [gradient.Length]));
        using var frozen = no_grad();
        optimiser.Update(weights, gradients, 1, state, Rate, step);
    }
}
