using SPaR.Torch.Families;

namespace SPaR.Torch.Models;

/// <summary>A gated feed-forward network (arXiv 2002.05202) without its down projection: act(x Gᵀ) ∘ (x Uᵀ), I wide.</summary>
internal sealed class FeedForwardLayer(ModelConfig config)
{
    private readonly Func<Tensor, Tensor> _activation = config.Family.Gate switch
    {
        GateActivation.Silu => x => nn.functional.silu(x),
        GateActivation.Gelu => x => nn.functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh),
        var other => throw new ArgumentOutOfRangeException(nameof(config), other, "Unknown activation."),
    };

    /// <param name="block">The prefix of the block's tensors.</param>
    /// <param name="x">[n, D]</param>
    /// <returns>Output: [n, I].</returns>
    public AutogradSegment Forward(ForwardPass pass, string block, Tensor x)
    {
        if (!config.Family.HasFusedGate)
            return AutogradSegment.Of(pass, Product, pass.Linear(Gate(block), x), pass.Linear(Up(block), x));
        return AutogradSegment.Of(pass, fused => Product(fused[0].chunk(2, 1)), pass.Linear(Up(block), x));

        Tensor Product(Tensor[] inputs) => _activation(inputs[0]) * inputs[1];
    }

    /// <param name="x">[n, D], what the forward pass got.</param>
    /// <param name="dy">[n, I]</param>
    /// <returns>The gradient with respect to x.</returns>
    public Tensor Backward(ForwardPass pass, string block, AutogradSegment trace, Tensor x, Tensor dy)
    {
        var inputs = trace.Backward(dy);
        if (config.Family.HasFusedGate)
            return pass.LinearBackward(Up(block), x, inputs[0]);
        var dx = pass.LinearBackward(Gate(block), x, inputs[0]);
        return pass.LinearBackward(Up(block), x, inputs[1], dx);
    }

    private static string Gate(string block) => $"{block}ffn_gate.weight";

    private static string Up(string block) => $"{block}ffn_up.weight";
}
