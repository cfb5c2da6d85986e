using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SPaR.Torch;

/// <summary>Seeds by position: what is drawn at a place depends on the run's seed and the place only, so that a run that goes on draws
/// what an uninterrupted one draws.</summary>
internal static class Seeds
{
    /// <returns>Not negative as a signed number.</returns>
    public static ulong Of(string place) =>
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(place))) & long.MaxValue;
}
