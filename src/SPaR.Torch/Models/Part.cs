using static TorchSharp.torch;

namespace SPaR.Torch.Models;

/// <summary>A part of the model that torch differentiates: what goes in, as leaves of a graph of its own, and what comes out.</summary>
internal sealed record Part(Tensor[] Inputs, Tensor Output)
{
    public IEnumerable<Tensor> Tensors => [.. Inputs, Output];

    public static Part Of(Pass pass, Func<Tensor[], Tensor> compute, params Tensor[] inputs)
    {
        if (!pass.Trains)
            return new Part(inputs, compute(inputs));
        using var recording = enable_grad();
        return new Part(inputs, compute([.. inputs.Select(i => i.requires_grad_())]));
    }

    /// <returns>The gradient by each input.</returns>
    public Tensor[] Back(Tensor dy)
    {
        Output.backward([dy]);
        return [.. Inputs.Select(i => i.grad!)];
    }
}
