namespace SPaR.Abstractions;

/// <summary>What a conversion makes.</summary>
public enum ConversionKind
{
    /// <summary>A GGUF file of a Hugging Face or PEFT folder.</summary>
    Import,

    /// <summary>A Hugging Face or PEFT folder of a GGUF file.</summary>
    Export,

    /// <summary>A GGUF file with smaller weights.</summary>
    Quantise,
}

/// <summary>What the process of a conversion is told.</summary>
/// <param name="Source">A file, or a folder to import.</param>
/// <param name="Target">A file, or a folder to export to; exists completely afterwards, or not at all.</param>
/// <param name="Base">Of an adapter: the base model's file.</param>
/// <param name="FileType">Of a quantisation: the type of most weights.</param>
public sealed record ConversionOrder(ConversionKind Kind, string Source, string Target, string? Base = null, string? FileType = null)
{
    /// <summary>The role of the process. It reads the order as a line of JSON from its input and ends when the input closes. It writes
    /// lines: the share that is done; at its end <c>done</c>, or a <see cref="ConversionFault"/> as JSON.</summary>
    public const string Role = "convert";

    public const string Done = "done";

    /// <summary>The types that a model can be quantised to, with the names that files of them have.</summary>
    public static IReadOnlyList<string> FileTypes { get; } = ["Q8_0", "Q6_K", "Q4_K", "Q4_0"];
}

/// <param name="Code">Stable.</param>
public sealed record ConversionFault(string Code, string Message);
