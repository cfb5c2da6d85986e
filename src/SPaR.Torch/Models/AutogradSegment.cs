namespace SPaR.Torch.Models;

/// <summary>A segment of the model that torch differentiates: its inputs, as leaves of a graph of their own, and its output.</summary>
internal sealed record AutogradSegment(Tensor[] Inputs, Tensor Output)
{
    public IEnumerable<Tensor> Tensors => [.. Inputs, Output];

    public static AutogradSegment Of(ForwardPass pass, Func<Tensor[], Tensor> compute, params Tensor[] inputs)
    {
        if (!pass.HasBackward)
            return new AutogradSegment(inputs, compute(inputs));
        using var recording = enable_grad();
        return new AutogradSegment(inputs, compute([.. inputs.Select(i => i.requires_grad_())]));
    }

    /// <returns>The gradient with respect to each input.</returns>
    public Tensor[] Backward(Tensor dy)
    {
        Output.backward([dy]);
        return [.. Inputs.Select(i => i.grad!)];
    }
}
