namespace SPaR.Torch.Models;

/// <summary>The log-probabilities of targets, and their backward pass.</summary>
internal interface IHead
{
    /// <returns>[n]: log p(target), in full precision.</returns>
    Tensor Forward();

    /// <summary>Call it after <see cref="Forward"/>.</summary>
    /// <param name="g">[n], the gradient with respect to the log-probabilities.</param>
    /// <returns>[n, D], the gradient with respect to x.</returns>
    Tensor Backward(Tensor g);
}
