using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>
/// The members of TorchSharp's <c>torch</c> that a functional trainer needs, with its names, parameters and meaning, over libtorch. Code
/// that compiles against this compiles against TorchSharp, and nothing is here that TorchSharp has not. Left out on purpose:
/// <c>Tensor.zero_</c>, which in TorchSharp returns new zeros and leaves the tensor as it was (use <c>fill_(0)</c>).
/// <para>TorchSharp nests <see cref="Tensor"/> in <c>torch</c>: one type, so it is spread by theme over partial classes.</para>
/// </summary>
public static partial class torch
{
    /// <summary>A tensor of libtorch. It belongs to the innermost dispose scope of the thread that made it, or to the caller.</summary>
    public sealed partial class Tensor : IDisposable
    {
        private readonly TensorHandle _handle;

        /// <exception cref="ExternalException">The call that should have made the tensor failed; the text is torch's.</exception>
        internal Tensor(TensorHandle handle)
        {
            if (handle.IsInvalid)
                throw LastError();
            _handle = handle.Count();
            OwningDisposeScope = DisposeScopeManager.ThreadSingleton.Register(this);
        }

        /// <summary>Tensors alive in this process, on all threads.</summary>
        public static long TotalCount => TensorHandle.Live;

        /// <summary>The most tensors that were alive at once in this process.</summary>
        public static long PeakCount => TensorHandle.Peak;

        public bool IsInvalid => _handle.IsClosed;

        public ScalarType dtype => (ScalarType)Check(Native.st_dtype(Handle));

        public Device device
        {
            get
            {
                Check(Native.st_device(Handle, out var type, out var index));
                return new Device((DeviceType)type, index);
            }
        }

        public long ndim => Check(Native.st_dim(Handle));

        public long ElementSize => Check(Native.st_element_size(Handle));

        public long[] shape
        {
            get
            {
                var sizes = new long[ndim];
                Check(Native.st_sizes(Handle, sizes, sizes.Length));
                return sizes;
            }
        }

        internal DisposeScope? OwningDisposeScope { get; set; }

        internal TensorHandle Handle =>
            _handle.IsClosed ? throw new InvalidOperationException("Tensor invalid -- empty handle.") : _handle;

        public long dim() => ndim;

        public long numel() => Check(Native.st_numel(Handle));

        public long[] size() => shape;

        public long size(int dim) => shape[dim < 0 ? dim + (int)ndim : dim];

        public long[] stride()
        {
            var strides = new long[ndim];
            Check(Native.st_strides(Handle, strides, strides.Length));
            return strides;
        }

        public bool is_contiguous() => Check(Native.st_is_contiguous(Handle)) != 0;

        public Tensor contiguous() => new(Native.st_contiguous(Handle));

        public Tensor clone() => new(Native.st_clone(Handle));

        public Tensor alias() => new(Native.st_alias(Handle));

        public Tensor cpu() => to(CPU);

        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to_type(type, copy, disposeAfter, non_blocking);

        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            To(dtype, device, copy, disposeAfter, non_blocking);

        public Tensor to(
            ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            To(type, device, copy, disposeAfter, non_blocking);

        public Tensor to(Tensor other, bool non_blocking = false) => To(other.dtype, other.device, false, false, non_blocking);

        public Tensor to_type(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            To(type, device, copy, disposeAfter, non_blocking);

        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach(this);
            return this;
        }

        public void Dispose()
        {
            OwningDisposeScope?.Forget(this);
            _handle.Dispose();
        }

        public override string ToString() => $"[{string.Join("x", shape)}], type = {dtype}, device = {device}";

        internal static ExternalException LastError() =>
            new(Marshal.PtrToStringUTF8(Native.st_error()) ?? "torch failed and left no text");

        /// <summary>Every call that returns a number returns a negative one when it failed.</summary>
        internal static long Check(long result) => result < 0 ? throw LastError() : result;

        private Tensor To(ScalarType type, Device device, bool copy, bool disposeAfter, bool nonBlocking)
        {
            var result = new Tensor(
                Native.st_to(Handle, (sbyte)type, (int)device.type, device.index, nonBlocking ? 1 : 0, copy ? 1 : 0));
            if (disposeAfter)
                Dispose();
            return result;
        }

        private Tensor This(int result)
        {
            Check(result);
            return this;
        }
    }
}
