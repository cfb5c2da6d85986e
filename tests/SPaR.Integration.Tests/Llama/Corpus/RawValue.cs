using System.Text;
using SPaR.Gguf;

namespace SPaR.Integration.Tests.Llama.Corpus;

/// <summary>Metadata values in bytes, each with its type.</summary>
internal static class RawValue
{
    private static readonly double[] Numbers =
        [0, 1, 2, 3, 4, 7, 8, 31, 64, 255, 513, 600, 65_535, int.MaxValue, uint.MaxValue, -1, -0.5, 0.5, 1e-30, 1e30];

    private static readonly double[] Odd = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, float.Epsilon, float.MaxValue];

    private static readonly string[] Texts = ["", "llama", "gpt2", "none", "yarn", "longrope", "\0", "x", "phi-3", new('a', 70_000)];

    public static byte[] Count(uint value) => Of(GgufValueType.UInt32, w => w.Write(value));

    public static byte[] Real(float value) => Of(GgufValueType.Float32, w => w.Write(value));

    public static byte[] Text(string value) => Of(GgufValueType.String, w => Write(w, Encoding.UTF8.GetBytes(value)));

    public static byte[] Flag(bool value) => Of(GgufValueType.Bool, w => w.Write(value));

    public static byte[] Texts8(IReadOnlyList<byte[]> values) => List(GgufValueType.String, values, Write);

    public static byte[] Counts(IReadOnlyList<int> values) => List(GgufValueType.Int32, values, (w, v) => w.Write(v));

    public static byte[] Reals(IReadOnlyList<float> values) => List(GgufValueType.Float32, values, (w, v) => w.Write(v));

    /// <summary>A value of any type, often an extreme one; lists have as many elements as the layers of a tiny model, or none, or
    /// many.</summary>
    public static byte[] Any(Random random)
    {
        if (random.Next(4) > 0)
        {
            var type = AnyScalar(random);
            return Of(type, w => Write(w, type, random));
        }
        var element = AnyScalar(random);
        var count = random.GetItems([0, 1, 2, 3, 4, 300, 600], 1)[0];
        return List(element, [.. Enumerable.Range(0, count)], (w, _) => Write(w, element, random));
    }

    /// <summary>Another value of the same type.</summary>
    public static byte[] OfType(GgufValueType type, Random random) => Of(type, w => Write(w, type, random));

    private static GgufValueType AnyScalar(Random random)
    {
        var types = Enum.GetValues<GgufValueType>().Where(t => t != GgufValueType.Array).ToArray();
        return types[random.Next(types.Length)];
    }

    private static void Write(BinaryWriter writer, GgufValueType type, Random random)
    {
        var number = Numbers[random.Next(Numbers.Length)];
        switch (type)
        {
            case GgufValueType.UInt8 or GgufValueType.Int8:
                writer.Write((byte)(long)number);
                break;
            case GgufValueType.Bool:
                writer.Write((byte)random.Next(2));
                break;
            case GgufValueType.UInt16 or GgufValueType.Int16:
                writer.Write((ushort)(long)number);
                break;
            case GgufValueType.UInt32 or GgufValueType.Int32:
                writer.Write((uint)(long)number);
                break;
            case GgufValueType.UInt64 or GgufValueType.Int64:
                writer.Write((ulong)(long)number);
                break;
            case GgufValueType.Float32:
                writer.Write((float)(random.Next(3) == 0 ? Odd[random.Next(Odd.Length)] : number));
                break;
            case GgufValueType.Float64:
                writer.Write(random.Next(3) == 0 ? Odd[random.Next(Odd.Length)] : number);
                break;
            default:
                Write(writer, Encoding.UTF8.GetBytes(Texts[random.Next(Texts.Length)]));
                break;
        }
    }

    private static byte[] Of(GgufValueType type, Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write((uint)type);
        write(writer);
        return stream.ToArray();
    }

    private static byte[] List<T>(GgufValueType element, IReadOnlyList<T> values, Action<BinaryWriter, T> write) => Of(
        GgufValueType.Array, writer =>
        {
            writer.Write((uint)element);
            writer.Write((long)values.Count);
            foreach (var value in values)
                write(writer, value);
        });

    private static void Write(BinaryWriter writer, byte[] text)
    {
        writer.Write((long)text.Length);
        writer.Write(text);
    }
}
