namespace SPaR.HuggingFace.Safetensors;

/// <summary>How a tensor's numbers are stored.</summary>
/// <param name="Name">In the file.</param>
/// <param name="Bits">Of one number.</param>
internal sealed record SafetensorsType(string Name, int Bits)
{
    public static SafetensorsType F32 { get; } = new("F32", 32);

    public static SafetensorsType F16 { get; } = new("F16", 16);

    public static SafetensorsType BF16 { get; } = new("BF16", 16);

    /// <summary>Every type of the format. Weights are F32, F16 or BF16; the others are refused where a weight is read.</summary>
    private static readonly Dictionary<string, SafetensorsType> ByName = new SafetensorsType[]
    {
        F32, F16, BF16, new("F64", 64), new("C64", 64), new("I64", 64), new("U64", 64), new("I32", 32), new("U32", 32), new("I16", 16),
        new("U16", 16), new("I8", 8), new("U8", 8), new("BOOL", 8), new("F8_E4M3", 8), new("F8_E5M2", 8), new("F8_E8M0", 8),
        new("F6_E2M3", 6), new("F6_E3M2", 6), new("F4", 4),
    }.ToDictionary(t => t.Name, StringComparer.Ordinal);

    public static SafetensorsType? Find(string name) => ByName.GetValueOrDefault(name);
}
