using SPaR.Gguf;

namespace SPaR.Integration.Tests.Torch.Models;

/// <summary>A file's numbers, read and rounded without torch.</summary>
internal static class StoredNumbers
{
    public static float[] Of(string path, string tensor)
    {
        var file = GgufReader.Read(path);
        var stored = file.Tensors.Single(t => t.Name == tensor);
        var bytes = File.ReadAllBytes(path).AsSpan((int)(file.DataOffset + stored.Offset), (int)stored.Bytes);
        var numbers = new float[stored.Elements];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = stored.Type.Name switch
            {
                "F32" => BitConverter.ToSingle(bytes[(4 * i)..]),
                "F16" => (float)BitConverter.ToHalf(bytes[(2 * i)..]),
                _ => BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(bytes[(2 * i)..]) << 16),
            };
        return numbers;
    }

    /// <summary>The nearest number that the type has, the even one of two.</summary>
    public static float Rounded(float number, GgufTensorType type)
    {
        if (type == GgufTensorType.F32)
            return number;
        if (type == GgufTensorType.F16)
            return (float)(Half)number;
        var bits = BitConverter.SingleToUInt32Bits(number);
        var (low, odd) = (bits & 0xFFFF, bits >> 16 & 1);
        return BitConverter.UInt32BitsToSingle((bits >> 16) + (low > 0x8000 || low == 0x8000 && odd == 1 ? 1u : 0u) << 16);
    }

    /// <summary>The same model with every number in F32.</summary>
    public static void Widen(string path, string wide)
    {
        var file = GgufReader.Read(path);
        var writer = new GgufWriter().AddMetadataOf(path, file, _ => false);
        foreach (var tensor in file.Tensors)
            writer.Add(tensor.Name, Of(path, tensor.Name), [.. tensor.Dimensions]);
        using var stream = File.Create(wide);
        writer.Write(stream);
    }
}
