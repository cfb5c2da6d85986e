using SPaR.MicroWorld;
using SPaR.MicroWorld.Bootstrap;

namespace SPaR.Tests.MicroWorld.Bootstrap;

public sealed class FirstWeightsTests
{
    private const int HeadWidth = Shape.HeadWidth;

    private static readonly FirstWeights Weights = new(7);

    [Fact]
    public void The_basis_has_rows_of_length_one_at_right_angles()
    {
        var basis = Matrix.Basis(new Dice(1), 32);
        for (var a = 0; a < 32; a++)
            for (var b = 0; b < 32; b++)
                Matrix.Dot(basis.Row(a), basis.Row(b)).ShouldBe(a == b ? 1 : 0, 1e-12);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    public void Two_heads_of_the_first_block_look_one_and_two_words_back(int head, int distance)
    {
        var dice = new Dice(3);
        var tokens = Enumerable.Range(0, 40).Select(_ => dice.Below(160)).ToArray();

        var onIt = Enumerable.Range(distance, tokens.Length - distance)
            .Average(place => Attention(0, head, tokens, place)[place - distance]);

        onIt.ShouldBeGreaterThan(0.6);
    }

    [Fact]
    public void The_same_seed_gives_the_same_weights_and_another_seed_others()
    {
        new FirstWeights(7).Blocks[1].Query.ToSingle().ShouldBe(Weights.Blocks[1].Query.ToSingle());
        new FirstWeights(8).Blocks[1].Query.ToSingle().ShouldNotBe(Weights.Blocks[1].Query.ToSingle());
    }

    [Fact]
    public void All_tokens_have_the_same_part_in_one_direction_and_codes_of_their_own()
    {
        var rows = Enumerable.Range(0, 160).Select(id => Unit(Weights.Embedding.Row(id))).ToArray();
        var between = rows.SelectMany((a, i) => rows.Skip(i + 1).Select(b => Matrix.Dot(a, b))).Average();

        // 0.49 / 1.49: the constant part's share of the length, squared.
        between.ShouldBe(0.33, 0.05);
    }

    /// <summary>Of a place to every place before it, in a first block: softmax of q · k / √d with rotary pairs (2i, 2i + 1).</summary>
    private static double[] Attention(int layer, int head, int[] tokens, int place)
    {
        var block = Weights.Blocks[layer];
        var query = Turned(block.Query, head, tokens[place], place);
        var scores = Enumerable.Range(0, place + 1)
            .Select(j => Math.Exp(Matrix.Dot(query, Turned(block.Key, head, tokens[j], j)) / Math.Sqrt(HeadWidth))).ToArray();
        return [.. scores.Select(s => s / scores.Sum())];
    }

    private static double[] Turned(Matrix matrix, int head, int token, int place)
    {
        var seen = Normed(Weights.Embedding.Row(token));
        var turned = new double[HeadWidth];
        for (var i = 0; i < HeadWidth; i += 2)
        {
            var (x, y) = (Matrix.Dot(matrix.Row(FirstBlock.RowOf(head, i)), seen), Matrix.Dot(
                matrix.Row(FirstBlock.RowOf(head, i + 1)),
                seen));
            var (sin, cos) = Math.SinCos(place * Shape.RopeRate(i / 2));
            (turned[i], turned[i + 1]) = (x * cos - y * sin, x * sin + y * cos);
        }

        return turned;
    }

    private static double[] Normed(ReadOnlySpan<double> row)
    {
        var scale = 1 / Math.Sqrt(Matrix.Dot(row, row) / row.Length + Shape.NormEpsilon);
        var normed = row.ToArray();
        for (var i = 0; i < normed.Length; i++)
            normed[i] *= scale;
        return normed;
    }

    private static double[] Unit(ReadOnlySpan<double> row)
    {
        var length = Math.Sqrt(Matrix.Dot(row, row));
        return [.. row.ToArray().Select(x => x / length)];
    }
}
