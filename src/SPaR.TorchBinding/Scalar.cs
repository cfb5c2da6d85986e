using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>A number with its kind: whole, real or truth value. Torch's type promotion depends on the kind, not on the value.</summary>
public sealed class Scalar : IDisposable
{
    private Scalar(Number value) => Value = value;

    internal Number Value { get; }

    public torch.ScalarType Type => Value.Kind switch
    {
        NumberKind.Whole => torch.ScalarType.Int64,
        NumberKind.Real => torch.ScalarType.Float64,
        _ => torch.ScalarType.Bool,
    };

    public static implicit operator Scalar(byte value) => new(Number.Of((long)value));
    public static implicit operator Scalar(int value) => new(Number.Of((long)value));
    public static implicit operator Scalar(long value) => new(Number.Of(value));
    public static implicit operator Scalar(float value) => new(Number.Of((double)value));
    public static implicit operator Scalar(double value) => new(Number.Of(value));
    public static implicit operator Scalar(bool value) => new(Number.Of(value));

    /// <summary>Nothing to free here; TorchSharp's scalars own native memory, so callers may dispose them.</summary>
    public void Dispose()
    {
    }
}

public static class ScalarExtensionMethods
{
    public static Scalar ToScalar(this int value) => value;
    public static Scalar ToScalar(this long value) => value;
    public static Scalar ToScalar(this float value) => value;
    public static Scalar ToScalar(this double value) => value;
    public static Scalar ToScalar(this bool value) => value;
    public static float ToSingle(this Scalar value) => (float)value.Value.AsReal;
    public static double ToDouble(this Scalar value) => value.Value.AsReal;
    public static int ToInt32(this Scalar value) => checked((int)value.Value.AsWhole);
    public static long ToInt64(this Scalar value) => value.Value.AsWhole;
    public static bool ToBoolean(this Scalar value) => value.Value.AsReal != 0;
}
