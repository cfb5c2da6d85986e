using TorchSharp.Interop;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        /// <summary>The memory of a contiguous tensor of at most 2 GiB on the CPU, valid as long as the tensor lives. Setting
        /// copies.</summary>
        public Span<byte> bytes
        {
            get
            {
                var length = numel() * ElementSize;
                if (!is_contiguous())
                    throw new InvalidOperationException("Bytes() called on non-contiguous tensor.");
                if (length > int.MaxValue)
                    throw new ArgumentException("Span only supports up to int.MaxValue elements.");
                unsafe
                {
                    return new Span<byte>((void*)Data(), (int)length);
                }
            }
            set
            {
                if (!is_contiguous())
                    throw new InvalidOperationException("SetBytes() called on non-contiguous tensor.");
                if (value.Length != numel() * ElementSize)
                    throw new ArgumentException("Mismatched data sizes in SetBytes().");
                value.CopyTo(bytes);
            }
        }

        /// <summary>The elements in row-major order, whatever the strides. <typeparamref name="T"/> must be the tensor's own type;
        /// bfloat16 has none in .NET: convert it first.</summary>
        public TensorAccessor<T> data<T>() where T : unmanaged
        {
            Validate(typeof(T));
            return new TensorAccessor<T>(this);
        }

        /// <summary>The one element of a tensor of one element, of the tensor's own type.</summary>
        public T item<T>() where T : unmanaged =>
            numel() == 1 ? data<T>()[0] : throw new ArgumentException("Number of elements in the tensor must be 1");

        /// <summary>The one element of a tensor of one element, converted by torch.</summary>
        internal double Single()
        {
            Check(Native.st_item(Handle, out var value));
            return value;
        }

        internal nint Data()
        {
            if (device.type != DeviceType.CPU)
                throw new InvalidOperationException(
                    "Reading data from non-CPU memory is not supported. Move or copy the tensor to the cpu before reading.");
            return Native.st_data(Handle);
        }

        private void Validate(Type wanted)
        {
            var own = dtype switch
            {
                ScalarType.Byte => typeof(byte),
                ScalarType.Int8 => typeof(sbyte),
                ScalarType.Int16 => typeof(short),
                ScalarType.Int32 => typeof(int),
                ScalarType.Int64 => typeof(long),
                ScalarType.Float16 => typeof(Half),
                ScalarType.Float32 => typeof(float),
                ScalarType.Float64 => typeof(double),
                ScalarType.Bool => typeof(bool),
                _ => null,
            };
            if (own != wanted)
                throw new ArgumentException($"{wanted.Name} is not compatible with {dtype}");
        }
    }
}

public static class TensorExtensionMethods
{
    public static float ToSingle(this torch.Tensor value) => (float)value.Single();

    public static double ToDouble(this torch.Tensor value) => value.Single();

    public static int ToInt32(this torch.Tensor value) => checked((int)value.ToInt64());

    /// <summary>Exact to 2⁵³ for whole tensors that are not of type int64; exact for those that are.</summary>
    public static long ToInt64(this torch.Tensor value) =>
        value.dtype == torch.ScalarType.Int64 ? value.item<long>() : (long)value.Single();

    public static bool ToBoolean(this torch.Tensor value) => value.Single() != 0;
}
