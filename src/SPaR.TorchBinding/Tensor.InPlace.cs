using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Each of these changes the tensor and returns it: no new tensor comes into being.
    public sealed partial class Tensor
    {
        public Tensor add_(Tensor target) => add_(target, 1);
        public Tensor add_(Tensor target, Scalar alpha) => This(Native.st_add_(Handle, target.Handle, alpha.Value));
        public Tensor add_(Scalar scalar) => This(Native.st_add_number_(Handle, scalar.Value));
        public Tensor sub_(Tensor target) => This(Native.st_sub_(Handle, target.Handle));
        public Tensor sub_(Scalar target) => This(Native.st_sub_number_(Handle, target.Value));
        public Tensor mul_(Tensor target) => This(Native.st_mul_(Handle, target.Handle));
        public Tensor mul_(Scalar target) => This(Native.st_mul_number_(Handle, target.Value));
        public Tensor div_(Tensor target) => This(Native.st_div_(Handle, target.Handle));
        public Tensor div_(Scalar target) => This(Native.st_div_number_(Handle, target.Value));

        /// <summary>this += value · tensor1 · tensor2</summary>
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) =>
            This(Native.st_addcmul_(Handle, tensor1.Handle, tensor2.Handle, value.Value));

        /// <summary>this += value · tensor1 / tensor2</summary>
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) =>
            This(Native.st_addcdiv_(Handle, tensor1.Handle, tensor2.Handle, value.Value));

        /// <summary>this = beta · this + alpha · mat1 mat2; with beta 0 what was there before does not count, NaN included.</summary>
        public Tensor addmm_(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) =>
            This(Native.st_addmm_(Handle, mat1.Handle, mat2.Handle, beta, alpha));

        /// <summary>Adds slices along <paramref name="dim"/> where <paramref name="index"/> says; a place may be named twice.</summary>
        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) =>
            This(Native.st_index_add_(Handle, dim, index.Handle, source.Handle, alpha.Value));

        /// <summary>Adds each number of <paramref name="src"/> where <paramref name="index"/>, of the same shape, says.</summary>
        public Tensor scatter_add_(long dim, Tensor index, Tensor src) =>
            This(Native.st_scatter_add_(Handle, dim, index.Handle, src.Handle));

        public Tensor exp_() => This(Native.st_exp_(Handle));
        public Tensor sqrt_() => This(Native.st_sqrt_(Handle));
        public Tensor fill_(Scalar value) => This(Native.st_fill_(Handle, value.Value));
        public Tensor masked_fill_(Tensor mask, Scalar value) => This(Native.st_masked_fill_(Handle, mask.Handle, value.Value));
        public Tensor copy_(Tensor source, bool nonBlocking = false) =>
            This(Native.st_copy_(Handle, source.Handle, nonBlocking ? 1 : 0));

        public Tensor bernoulli_(double p = 0.5, Generator? generator = null) =>
            This(Native.st_bernoulli_(Handle, p, Generator.HandleOf(generator)));

        public Tensor normal_(double mean = 0.0, double std = 1.0, Generator? generator = null) =>
            This(Native.st_normal_(Handle, mean, std, Generator.HandleOf(generator)));

        public Tensor uniform_(double from, double to, Generator? generator = null) =>
            This(Native.st_uniform_(Handle, from, to, Generator.HandleOf(generator)));
    }
}
