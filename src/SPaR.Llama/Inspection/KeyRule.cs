using System.Globalization;
using SPaR.Gguf;

namespace SPaR.Llama.Inspection;

/// <summary>What llama.cpp needs of one metadata key.</summary>
/// <param name="Key">Without the architecture's name, where the key begins with it.</param>
/// <param name="Least">The smallest value of a number.</param>
/// <param name="Most">The largest value of a number.</param>
/// <param name="Required">Whether a file without it is refused.</param>
internal sealed record KeyRule(string Key, GgufValueType Type, double Least, double Most, bool Required = false)
{
    /// <summary>No real value is near it, and products with it are still numbers.</summary>
    private const double LargestReal = 1e9;

    private const double SmallestReal = 1e-20;

    public static KeyRule Count(string key, double least = 0, double most = uint.MaxValue, bool required = false) =>
        new(key, GgufValueType.UInt32, least, most, required);

    public static KeyRule Positive(string key, bool required = false) =>
        new(key, GgufValueType.Float32, SmallestReal, LargestReal, required);

    public static KeyRule FromZero(string key) => new(key, GgufValueType.Float32, 0, LargestReal);

    public static KeyRule Flag(string key) => new(key, GgufValueType.Bool, 0, 1);

    public static KeyRule Text(string key) => new(key, GgufValueType.String, 0, 0);

    /// <param name="prefix">Comes before the key in the file.</param>
    public void Check(Metadata metadata, string prefix = "")
    {
        var key = prefix + Key;
        if (!metadata.Has(key))
        {
            if (Required)
                throw metadata.Refused(key, Range);
            return;
        }
        double? number = null;
        switch (Type)
        {
            case GgufValueType.UInt32:
                number = metadata.Count(key);
                break;
            case GgufValueType.Float32:
                number = metadata.Number(key);
                break;
            case GgufValueType.Bool:
                _ = metadata.Flag(key);
                break;
            default:
                _ = metadata.Text(key);
                break;
        }
        // Not a number is in no range.
        if (number is { } value && !(value >= Least && value <= Most))
            throw metadata.Refused(key, Range);
    }

    private string Range => string.Create(CultureInfo.InvariantCulture, $"a {Type} from {Least} to {Most}");
}
