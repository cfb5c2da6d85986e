using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SPaR.Torch;

/// <summary>Seeds derived from the run's seed and a position alone, so that a resumed run draws the same random numbers as an uninterrupted
/// one.</summary>
internal static class Seeds
{
    /// <returns>At most <see cref="long.MaxValue"/>.</returns>
    public static ulong Of(string position) =>
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(position))) & long.MaxValue;
}
