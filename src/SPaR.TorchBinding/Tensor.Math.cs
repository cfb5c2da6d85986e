using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        public Tensor abs() => new(Native.st_abs(Handle));
        public Tensor cos() => new(Native.st_cos(Handle));
        public Tensor exp() => new(Native.st_exp(Handle));
        public Tensor expm1() => new(Native.st_expm1(Handle));
        public Tensor log() => new(Native.st_log(Handle));
        public Tensor log1p() => new(Native.st_log1p(Handle));
        public Tensor neg() => new(Native.st_neg(Handle));
        public Tensor negative() => neg();
        public Tensor reciprocal() => new(Native.st_reciprocal(Handle));
        public Tensor rsqrt() => new(Native.st_rsqrt(Handle));
        public Tensor sigmoid() => new(Native.st_sigmoid(Handle));
        public Tensor silu() => new(Native.st_silu(Handle));
        public Tensor sin() => new(Native.st_sin(Handle));
        public Tensor sqrt() => new(Native.st_sqrt(Handle));
        public Tensor square() => pow(2);
        public Tensor tanh() => new(Native.st_tanh(Handle));

        public Tensor add(Tensor target) => add(target, 1);
        public Tensor add(Tensor target, Scalar alpha) => new(Native.st_add(Handle, target.Handle, alpha.Value));
        public Tensor add(Scalar scalar) => new(Native.st_add_number(Handle, scalar.Value));
        public Tensor sub(Tensor target) => new(Native.st_sub(Handle, target.Handle));
        public Tensor sub(Scalar target) => new(Native.st_sub_number(Handle, target.Value));
        public Tensor mul(Tensor target) => new(Native.st_mul(Handle, target.Handle));
        public Tensor mul(Scalar target) => new(Native.st_mul_number(Handle, target.Value));
        public Tensor div(Tensor target) => new(Native.st_div(Handle, target.Handle));
        public Tensor div(Scalar target) => new(Native.st_div_number(Handle, target.Value));
        public Tensor pow(Tensor exponent) => new(Native.st_pow(Handle, exponent.Handle));
        public Tensor pow(Scalar exponent) => new(Native.st_pow_number(Handle, exponent.Value));
        public Tensor matmul(Tensor target) => new(Native.st_matmul(Handle, target.Handle));
        public Tensor mm(Tensor target) => new(Native.st_mm(Handle, target.Handle));
        public Tensor bmm(Tensor batch2) => new(Native.st_bmm(Handle, batch2.Handle));
        public Tensor maximum(Tensor other) => new(Native.st_maximum(Handle, other.Handle));
        public Tensor minimum(Tensor other) => new(Native.st_minimum(Handle, other.Handle));

        public Tensor clamp(Scalar? min = null, Scalar? max = null)
        {
            if (min is null && max is null)
                throw new ArgumentException("clamp needs a lower or an upper bound");
            return new(Native.st_clamp(
                Handle, min is null ? 0 : 1, min?.Value ?? default, max is null ? 0 : 1, max?.Value ?? default));
        }

        public Tensor eq(Tensor target) => new(Native.st_eq(Handle, target.Handle));
        public Tensor eq(Scalar target) => new(Native.st_eq_number(Handle, target.Value));
        public Tensor ne(Tensor target) => new(Native.st_ne(Handle, target.Handle));
        public Tensor ne(Scalar target) => new(Native.st_ne_number(Handle, target.Value));
        public Tensor lt(Tensor target) => new(Native.st_lt(Handle, target.Handle));
        public Tensor lt(Scalar target) => new(Native.st_lt_number(Handle, target.Value));
        public Tensor le(Tensor target) => new(Native.st_le(Handle, target.Handle));
        public Tensor le(Scalar target) => new(Native.st_le_number(Handle, target.Value));
        public Tensor gt(Tensor target) => new(Native.st_gt(Handle, target.Handle));
        public Tensor gt(Scalar target) => new(Native.st_gt_number(Handle, target.Value));
        public Tensor ge(Tensor target) => new(Native.st_ge(Handle, target.Handle));
        public Tensor ge(Scalar target) => new(Native.st_ge_number(Handle, target.Value));
        public Tensor logical_and(Tensor other) => new(Native.st_logical_and(Handle, other.Handle));
        public Tensor logical_or(Tensor other) => new(Native.st_logical_or(Handle, other.Handle));
        public Tensor logical_not() => new(Native.st_logical_not(Handle));
        public Tensor isfinite() => new(Native.st_isfinite(Handle));
        public Tensor isnan() => new(Native.st_isnan(Handle));

        /// <summary>Where <paramref name="condition"/> holds this, else <paramref name="y"/>.</summary>
        public Tensor where(Tensor condition, Tensor y) => new(Native.st_where(condition.Handle, Handle, y.Handle));

        public Tensor masked_fill(Tensor mask, Scalar value) => new(Native.st_masked_fill(Handle, mask.Handle, value.Value));

        public Tensor softmax(long dim, ScalarType? dtype = null) => new(Native.st_softmax(Handle, dim, Code(dtype)));

        public Tensor log_softmax(long dim, ScalarType? dtype = null) => new(Native.st_log_softmax(Handle, dim, Code(dtype)));

        /// <summary>−1 says: the type of the tensor.</summary>
        private static sbyte Code(ScalarType? type) => type is { } given ? (sbyte)given : (sbyte)-1;
    }
}
