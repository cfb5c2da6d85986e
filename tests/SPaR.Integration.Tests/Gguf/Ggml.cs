using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using SPaR.Gguf;
using SPaR.Llama.Binding;

namespace SPaR.Integration.Tests.Gguf;

/// <summary>ggml's own quantisation and its inverse, from the library that inference loads.</summary>
internal static unsafe class Ggml
{
    private static readonly Lazy<nint> Library = new(() =>
    {
        LlamaLibrary.Load(NullLogger.Instance);
        var path = File.ReadLines("/proc/self/maps").First(l => l.EndsWith("/libggml-base.so", StringComparison.Ordinal));
        return NativeLibrary.Load(path[path.IndexOf('/')..]);
    });

    /// <summary>The start of <c>ggml_type_traits</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Traits
    {
        public nint Name;
        public long BlockSize;
        public long Interleaved;
        public nuint BlockBytes;
        public byte IsQuantised;
        public delegate* unmanaged[Cdecl]<void*, float*, long, void> ToFloat;
    }

    /// <param name="row">How many numbers a row has.</param>
    public static byte[] Quantise(GgufTensorType type, float[] numbers, int row)
    {
        var quantise = (delegate* unmanaged[Cdecl]<uint, float*, void*, long, long, long, float*, nuint>)
            NativeLibrary.GetExport(Library.Value, "ggml_quantize_chunk");
        var bytes = new byte[numbers.Length / type.BlockSize * type.BlockBytes];
        fixed (float* from = numbers)
        fixed (byte* to = bytes)
            quantise(type.Id, from, to, 0, numbers.Length / row, row, null).ShouldBe((nuint)bytes.Length);
        return bytes;
    }

    public static float[] Numbers(GgufTensorType type, byte[] blocks)
    {
        var traitsOf = (delegate* unmanaged[Cdecl]<uint, Traits*>)NativeLibrary.GetExport(Library.Value, "ggml_get_type_traits");
        var traits = traitsOf(type.Id);
        ((int)traits->BlockSize, (int)traits->BlockBytes).ShouldBe((type.BlockSize, type.BlockBytes), "the layout of ggml_type_traits");
        var numbers = new float[blocks.Length / type.BlockBytes * type.BlockSize];
        fixed (byte* from = blocks)
        fixed (float* to = numbers)
            traits->ToFloat(from, to, numbers.Length);
        return numbers;
    }
}
