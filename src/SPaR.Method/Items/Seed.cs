using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SPaR.Method.Items;

/// <summary>Derives seeds from position, never from an ambient generator: the same run seed, round, instruction and step give the same
/// seed, whatever ran before.</summary>
public static class Seed
{
    /// <param name="position">From outermost to innermost: round, ordinal of the instruction, step, index, …</param>
    public static ulong Derive(long runSeed, params ReadOnlySpan<object> position)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{runSeed}");
        foreach (var part in position)
            text.Append('/').Append(CultureInfo.InvariantCulture, $"{part}");
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
