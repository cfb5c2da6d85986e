namespace SPaR.Torch.Models;

/// <summary>Grouped-query attention (arXiv 2305.13245) without its output matrix: queries, keys and values, norms of queries and keys where
/// the family has them (arXiv 2010.04245), rotation by position, and the weighted sums of the values.</summary>
internal sealed class AttentionLayer(ModelConfig config)
{
    private const string Fused = "attn_qkv";

    private static readonly string[] Separate = ["attn_q", "attn_k", "attn_v"];

    /// <param name="block">The prefix of the block's tensors.</param>
    /// <param name="x">[n, D]</param>
    public AttentionTrace Forward(ForwardPass pass, string block, Tensor x, PositionEncoding positions)
    {
        var (b, t, k, d) = (positions.Rows, positions.Time, (long)config.KeyValueHeads, (long)config.HeadWidth);
        var group = config.Heads / k;
        var fused = config.HasFusedInputs ? Linear(pass, block + Fused, x).split(config.InputWidths, 1) : null;
        var (queryNorm, queries) = Rotated(Input(0), "attn_q_norm", positions.Query);
        var (keyNorm, keys) = Rotated(Input(1), "attn_k_norm", positions.Key);
        var core = AutogradSegment.Of(
            pass,
            heads =>
            {
                // The heads of a group share keys and values, so their queries are concatenated.
                var attention = positions.Softmax(heads[0].bmm(heads[1].transpose(1, 2)));
                return attention.bmm(heads[2]).reshape(b, k * group, t, d).transpose(1, 2).reshape(b * t, k * group * d);
            },
            queries, keys, Group(Split(Input(2))));
        return new AttentionTrace(queryNorm, keyNorm, core);

        Tensor Input(int number) => fused?[number] ?? Linear(pass, block + Separate[number], x);
        Tensor Split(Tensor joined) => joined.reshape(b, t, -1, d);
        Tensor Group(Tensor split) => split.transpose(1, 2).reshape(b * k, -1, d);

        (Normed? Norm, Tensor Heads) Rotated(Tensor input, string norm, Rotary rotary)
        {
            if (!config.Family.HasQueryAndKeyNorms)
                return (null, Group(rotary.Forward(Split(input))));
            var normed = RmsNorm.Forward(pass, $"{block}{norm}.weight", input.reshape(-1, d), config.Epsilon);
            return (normed, Group(rotary.Forward(Split(normed.Y))));
        }
    }

    /// <param name="x">[n, D], what the forward pass got.</param>
    /// <param name="dy">[n, h d]</param>
    /// <returns>The gradient with respect to x.</returns>
    public Tensor Backward(ForwardPass pass, string block, AttentionTrace trace, Tensor x, PositionEncoding positions, Tensor dy)
    {
        var heads = trace.Core.Backward(dy);
        var dq = positions.JoinHeads(positions.Query.Backward(positions.SplitHeads(heads[0])));
        var dk = positions.JoinHeads(positions.Key.Backward(positions.SplitHeads(heads[1])));
        if (trace is { QueryNorm: { } queryNorm, KeyNorm: { } keyNorm })
        {
            dq = NormBackward(pass, $"{block}attn_q_norm.weight", queryNorm, dq);
            dk = NormBackward(pass, $"{block}attn_k_norm.weight", keyNorm, dk);
        }
        if (config.HasFusedInputs)
            return LinearBackward(pass, block + Fused, x, cat([dq, dk, Dv()], 1));
        var dx = LinearBackward(pass, block + Separate[0], x, dq);
        LinearBackward(pass, block + Separate[1], x, dk, dx);
        return LinearBackward(pass, block + Separate[2], x, Dv(), dx);

        Tensor Dv() => positions.JoinHeads(positions.SplitHeads(heads[2]));
    }

    private static Tensor Linear(ForwardPass pass, string name, Tensor x) =>
        pass.AddBias($"{name}.bias", pass.Linear($"{name}.weight", x));

    private static Tensor LinearBackward(ForwardPass pass, string name, Tensor x, Tensor dy, Tensor? into = null)
    {
        pass.AddBiasGradient($"{name}.bias", dy);
        return pass.LinearBackward($"{name}.weight", x, dy, into);
    }

    /// <param name="dy">[n, heads d]</param>
    private Tensor NormBackward(ForwardPass pass, string name, Normed trace, Tensor dy)
    {
        var dx = zeros_like(trace.X);
        RmsNorm.Backward(pass, name, trace, dy.reshape(-1, config.HeadWidth), dx);
        return dx.reshape(dy.shape);
    }
}

/// <param name="QueryNorm">Of [n h, d]; null in families without it.</param>
/// <param name="KeyNorm">Of [n k, d]; null in families without it.</param>
/// <param name="Core">Inputs: queries [b k, group t, d], keys and values [b k, t, d]; output: [n, h d].</param>
internal sealed record AttentionTrace(Normed? QueryNorm, Normed? KeyNorm, AutogradSegment Core)
{
    public Tensor Output => Core.Output;

    public IEnumerable<Tensor> Tensors =>
        QueryNorm is null || KeyNorm is null
            ? Core.Tensors
            : [QueryNorm.X, QueryNorm.Scale, KeyNorm.X, KeyNorm.Scale, .. Core.Tensors];
}
