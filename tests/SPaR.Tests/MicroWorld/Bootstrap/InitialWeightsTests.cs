using SPaR.MicroWorld;
using SPaR.MicroWorld.Bootstrap;

namespace SPaR.Tests.MicroWorld.Bootstrap;

public sealed class InitialWeightsTests
{
    private const int HeadWidth = Shape.HeadWidth;

    private static readonly InitialWeights Weights = new(7);

    [Fact]
    public void The_basis_has_rows_of_length_one_at_right_angles()
    {
        var basis = Matrix.Basis(new MicroRandom(1), 32);
        for (var a = 0; a < 32; a++)
            for (var b = 0; b < 32; b++)
                Matrix.Dot(basis.Row(a), basis.Row(b)).ShouldBe(a == b ? 1 : 0, 1e-12);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    public void Two_heads_of_the_first_block_look_one_and_two_words_back(int head, int distance)
    {
        var random = new MicroRandom(3);
        var tokens = Enumerable.Range(0, 40).Select(_ => random.Below(160)).ToArray();

        var onIt = Enumerable.Range(distance, tokens.Length - distance)
            .Average(place => Attention(0, head, tokens, place)[place - distance]);

        onIt.ShouldBeGreaterThan(0.6);
    }

    [Fact]
    public void The_same_seed_gives_the_same_weights_and_another_seed_others()
    {
        new InitialWeights(7).Blocks[1].Query.ToSingle().ShouldBe(Weights.Blocks[1].Query.ToSingle());
        new InitialWeights(8).Blocks[1].Query.ToSingle().ShouldNotBe(Weights.Blocks[1].Query.ToSingle());
    }

    [Fact]
    public void All_tokens_share_one_component_and_have_codes_of_their_own()
    {
        var rows = Enumerable.Range(0, 160).Select(id => Unit(Weights.Embedding.Row(id))).ToArray();
        var between = rows.SelectMany((a, i) => rows.Skip(i + 1).Select(b => Matrix.Dot(a, b))).Average();

        // 0.49 / 1.49: the share of the constant component in the squared length.
        between.ShouldBe(0.33, 0.05);
    }

    /// <summary>Attention of a position to itself and all before it: softmax of q · k / √d with rotary pairs (2i, 2i + 1).</summary>
    private static double[] Attention(int layer, int head, int[] tokens, int place)
    {
        var block = Weights.Blocks[layer];
        var query = Rotated(block.Query, head, tokens[place], place);
        var scores = Enumerable.Range(0, place + 1)
            .Select(j => Math.Exp(Matrix.Dot(query, Rotated(block.Key, head, tokens[j], j)) / Math.Sqrt(HeadWidth))).ToArray();
        return [.. scores.Select(s => s / scores.Sum())];
    }

    private static double[] Rotated(Matrix matrix, int head, int token, int place)
    {
        var seen = Normed(Weights.Embedding.Row(token));
        var rotated = new double[HeadWidth];
        for (var i = 0; i < HeadWidth; i += 2)
        {
            var x = Matrix.Dot(matrix.Row(InitialBlock.RowOf(head, i)), seen);
            var y = Matrix.Dot(matrix.Row(InitialBlock.RowOf(head, i + 1)), seen);
            var (sin, cos) = Math.SinCos(place * Shape.RopeRate(i / 2));
            (rotated[i], rotated[i + 1]) = (x * cos - y * sin, x * sin + y * cos);
        }

        return rotated;
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
