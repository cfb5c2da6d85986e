using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

internal enum NumberKind
{
    Whole,
    Real,
    Truth,
}

/// <summary>A number on its way to the native side, where it becomes an <c>at::Scalar</c>. The layout is that of <c>Number</c>
/// in shim.cpp.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Number
{
    public NumberKind Kind;
    public double Real;
    public long Whole;

    public readonly double AsReal => Kind == NumberKind.Real ? Real : Whole;

    public readonly long AsWhole => Kind == NumberKind.Real ? (long)Real : Whole;

    public static Number Of(long value) => new() { Kind = NumberKind.Whole, Whole = value };

    public static Number Of(double value) => new() { Kind = NumberKind.Real, Real = value };

    public static Number Of(bool value) => new() { Kind = NumberKind.Truth, Whole = value ? 1 : 0 };
}
