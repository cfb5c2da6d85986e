using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        public bool requires_grad
        {
            get => Check(Native.st_requires_grad(Handle)) != 0;
            set => Check(Native.st_set_requires_grad(Handle, value ? 1 : 0));
        }

        public bool is_leaf => Check(Native.st_is_leaf(Handle)) != 0;

        /// <summary>The gradient that has been added up so far, as a new tensor over the same memory at each reading; null before the
        /// first backward. Setting null drops it.</summary>
        public Tensor? grad
        {
            get => Check(Native.st_has_grad(Handle)) == 0 ? null : new Tensor(Native.st_grad(Handle));
            set
            {
                if (value is null)
                    Check(Native.st_clear_grad(Handle));
                else
                    Check(Native.st_set_grad(Handle, value.Handle));
            }
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor detach() => new(Native.st_detach(Handle));

        /// <summary>Adds d this / d leaf to the gradient of every leaf that this was made from.</summary>
        public void backward() => backward(null, retain_graph: false);

        /// <param name="grad_tensors">One tensor, the gradient of the loss by this tensor; null for a scalar.</param>
        /// <param name="inputs">The leaves whose gradient is wanted; null for all.</param>
        public void backward(
            IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null)
        {
            using var gradients = new HandleList(grad_tensors ?? []);
            using var leaves = new HandleList(inputs ?? []);
            Check(Native.st_backward(
                Handle, gradients.Pointers, gradients.Count, retain_graph || create_graph ? 1 : 0, create_graph ? 1 : 0,
                leaves.Pointers, leaves.Count));
        }
    }
}
