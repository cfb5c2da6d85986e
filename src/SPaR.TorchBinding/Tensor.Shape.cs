using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        public Tensor view(params long[] shape) => new(Native.st_view(Handle, shape, shape.Length));
        public Tensor reshape(params long[] shape) => new(Native.st_reshape(Handle, shape, shape.Length));
        public Tensor permute(params long[] permutation) => new(Native.st_permute(Handle, permutation, permutation.Length));
        public Tensor expand(params long[] sizes) => expand((ReadOnlySpan<long>)sizes);

        /// <param name="isImplicit">A mark for other parts of torch, which changes nothing.</param>
        public Tensor expand(ReadOnlySpan<long> sizes, bool isImplicit = false) =>
            isImplicit
                ? throw new NotSupportedException("expand: leave isImplicit out, it only marks the call")
                : new(Native.st_expand(Handle, sizes, sizes.Length));

        public Tensor repeat(params long[] sizes) => new(Native.st_repeat(Handle, sizes, sizes.Length));
        public Tensor flatten(long start_dim = 0, long end_dim = -1) => new(Native.st_flatten(Handle, start_dim, end_dim));
        public Tensor transpose(long dim0, long dim1) => new(Native.st_transpose(Handle, dim0, dim1));
        /// <summary>Pairs of adjacent numbers as complex ones; the last dimension is 2 and goes.</summary>
        public Tensor view_as_complex() => new(Native.st_view_as_complex(Handle));

        public Tensor view_as_real() => new(Native.st_view_as_real(Handle));
        public Tensor t() => new(Native.st_t(Handle));
        public Tensor unsqueeze(long dim) => new(Native.st_unsqueeze(Handle, dim));

        public Tensor squeeze(long? dim = null) =>
            new(dim is { } one ? Native.st_squeeze(Handle, one) : Native.st_squeeze_all(Handle));

        /// <param name="start">Of the part that is seen, in <paramref name="dim"/>; its length follows.</param>
        public Tensor narrow(long dim, long start, long length) => new(Native.st_narrow(Handle, dim, start, length));

        /// <param name="finish">The first index that is left out.</param>
        public Tensor slice(long dim, long start, long finish, long step) => new(Native.st_slice(Handle, dim, start, finish, step));

        public Tensor select(long dim, long index) => new(Native.st_select(Handle, dim, index));
        public Tensor gather(long dim, Tensor index) => new(Native.st_gather(Handle, dim, index.Handle));
        public Tensor index_select(long dim, Tensor index) => new(Native.st_index_select(Handle, dim, index.Handle));

        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null)
        {
            if (output_size is not null)
                throw new NotSupportedException("repeat_interleave: leave output_size out, it only spares torch a sum");
            return new(Native.st_repeat_interleave(Handle, repeats, dim is null ? 0 : 1, dim ?? 0));
        }

        /// <summary>Keeps what is on or above the diagonal; zeros below.</summary>
        public Tensor triu(long diagonal = 0) => new(Native.st_triu(Handle, diagonal));

        /// <summary>Keeps what is on or below the diagonal; zeros above.</summary>
        public Tensor tril(long diagonal = 0) => new(Native.st_tril(Handle, diagonal));

        public Tensor[] split(long size, int dim = 0) => Parts(dim, size);

        public Tensor[] chunk(long chunks, long dim = 0) =>
            Parts(dim, Math.Max(1, (size((int)dim) + chunks - 1) / chunks));

        private Tensor[] Parts(long dim, long length)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
            var whole = size((int)dim);
            return [.. Enumerable.Range(0, (int)((whole + length - 1) / length))
                .Select(i => narrow(dim, i * length, Math.Min(length, whole - i * length)))];
        }
    }
}
