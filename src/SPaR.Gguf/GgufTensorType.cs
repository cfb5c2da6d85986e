namespace SPaR.Gguf;

/// <summary>How a tensor's numbers are stored: <see cref="BlockSize"/> numbers in <see cref="BlockBytes"/> bytes.</summary>
/// <param name="Id">Its number in the file.</param>
public sealed record GgufTensorType(uint Id, string Name, int BlockSize, int BlockBytes)
{
    public static GgufTensorType F32 { get; } = new(0, "F32", 1, 4);

    public static GgufTensorType F16 { get; } = new(1, "F16", 1, 2);

    public static GgufTensorType BF16 { get; } = new(30, "BF16", 1, 2);

    /// <summary>Every type that occurs in files of language models.</summary>
    private static readonly Dictionary<uint, GgufTensorType> ById = new GgufTensorType[]
    {
        F32,
        F16,
        new(2, "Q4_0", 32, 18),
        new(3, "Q4_1", 32, 20),
        new(6, "Q5_0", 32, 22),
        new(7, "Q5_1", 32, 24),
        new(8, "Q8_0", 32, 34),
        new(10, "Q2_K", 256, 84),
        new(11, "Q3_K", 256, 110),
        new(12, "Q4_K", 256, 144),
        new(13, "Q5_K", 256, 176),
        new(14, "Q6_K", 256, 210),
        new(16, "IQ2_XXS", 256, 66),
        new(17, "IQ2_XS", 256, 74),
        new(18, "IQ3_XXS", 256, 98),
        new(19, "IQ1_S", 256, 50),
        new(20, "IQ4_NL", 32, 18),
        new(21, "IQ3_S", 256, 110),
        new(22, "IQ2_S", 256, 82),
        new(23, "IQ4_XS", 256, 136),
        new(24, "I8", 1, 1),
        new(25, "I16", 1, 2),
        new(26, "I32", 1, 4),
        new(27, "I64", 1, 8),
        new(28, "F64", 1, 8),
        new(29, "IQ1_M", 256, 56),
        BF16,
        new(34, "TQ1_0", 256, 54),
        new(35, "TQ2_0", 256, 66),
        new(39, "MXFP4", 32, 17),
    }.ToDictionary(t => t.Id);

    public static GgufTensorType? Find(uint id) => ById.GetValueOrDefault(id);
}
