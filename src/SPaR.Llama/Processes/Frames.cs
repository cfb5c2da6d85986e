using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SPaR.Llama.Processes;

/// <summary>Messages on a pipe: for each, its length as a little-endian 32-bit number, then JSON in UTF-8.</summary>
internal static class Frames
{
    private const int LengthBytes = 4, Longest = 1 << 28;

    private static readonly JsonSerializerOptions Json = new()
    {
        // The logarithm of a probability of 0.
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Writes one message. Only one thread may write at a time.</summary>
    public static void Write<T>(Stream to, T message)
    {
        using var frame = new MemoryStream();
        frame.Write(stackalloc byte[LengthBytes]);
        JsonSerializer.Serialize(frame, message, Json);
        var bytes = frame.GetBuffer().AsSpan(0, (int)frame.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length - LengthBytes);
        to.Write(bytes);
        to.Flush();
    }

    /// <returns>Null at the end of the pipe.</returns>
    /// <exception cref="EndOfStreamException">The pipe ends in the middle of a message.</exception>
    /// <exception cref="InvalidDataException">The data is not a message.</exception>
    public static T? Read<T>(Stream from)
        where T : class
    {
        Span<byte> prefix = stackalloc byte[LengthBytes];
        var first = from.ReadAtLeast(prefix, LengthBytes, throwOnEndOfStream: false);
        if (first == 0)
            return null;
        if (first < LengthBytes)
            throw new EndOfStreamException("The pipe ends in the middle of a message.");
        var length = BinaryPrimitives.ReadInt32LittleEndian(prefix);
        if (length is < 1 or > Longest)
            throw new InvalidDataException($"A message cannot have {length} bytes: something else was written to the pipe.");
        var message = new byte[length];
        from.ReadExactly(message);
        return JsonSerializer.Deserialize<T>(message, Json);
    }
}
