using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        public Tensor sum(ScalarType? type = null) => new(Native.st_sum_all(Handle, Code(type)));

        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => sum([dim], keepdim, type);

        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => sum((ReadOnlySpan<long>)dim, keepdim, type);

        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null) =>
            new(Native.st_sum(Handle, dim, dim.Length, keepdim ? 1 : 0, Code(type)));

        public Tensor mean() => new(Native.st_mean_all(Handle));

        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) =>
            new(Native.st_mean(Handle, dimensions, dimensions.Length, keepdim ? 1 : 0, Code(type)));

        public Tensor norm(float p = 2.0f) => new(Native.st_norm(Handle, p));

        public Tensor norm(int dim, bool keepdim = false, float p = 2.0f) => new(Native.st_norm_dim(Handle, p, dim, keepdim ? 1 : 0));

        public Tensor logsumexp(long dim, bool keepdim = false) => new(Native.st_logsumexp(Handle, dim, keepdim ? 1 : 0));

        public Tensor cumsum(long dim, ScalarType? type = null) => new(Native.st_cumsum(Handle, dim, Code(type)));

        public Tensor max() => new(Native.st_max_all(Handle));

        public Tensor max(Tensor other) => maximum(other);

        /// <returns>The largest values along <paramref name="dim"/> and where they stand.</returns>
        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false)
        {
            var values = new Tensor(Native.st_max(Handle, dim, keepdim ? 1 : 0, out var indexes));
            return (values, new Tensor(TensorHandle.Own(indexes)));
        }

        public Tensor min() => new(Native.st_min_all(Handle));

        public Tensor argmax() => new(Native.st_argmax_all(Handle));

        public Tensor argmax(long dim, bool keepdim = false) => new(Native.st_argmax(Handle, dim, keepdim ? 1 : 0));

        public Tensor all() => new(Native.st_all(Handle));

        public Tensor all(long dim, bool keepdim = false) => new(Native.st_all_dim(Handle, dim, keepdim ? 1 : 0));

        public Tensor any() => new(Native.st_any(Handle));

        public Tensor any(long dim, bool keepdim = false) => new(Native.st_any_dim(Handle, dim, keepdim ? 1 : 0));
    }
}
