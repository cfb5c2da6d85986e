using System.Buffers.Binary;
using System.IO.Compression;
using Microsoft.AspNetCore.WebUtilities;

namespace SPaR.Service.Uploads;

/// <summary>Decompresses gzip into a file of bounded size.</summary>
internal static class Gzip
{
    private const int InMemory = 1 << 16;

    private static ReadOnlySpan<byte> Member => [0x1F, 0x8B, 0x08];

    public static bool Is(ReadOnlySpan<byte> start) => start is [0x1F, 0x8B, ..];

    /// <param name="limit">The most bytes that come out: a few kilobytes can hold gigabytes.</param>
    /// <returns>The content at its start, kept in memory or in a temporary file until it is disposed.</returns>
    public static async Task<Stream> DecompressAsync(Stream file, long limit, CancellationToken cancellationToken)
    {
        var gzip = new GZipStream(file, CompressionMode.Decompress);
        var content = new FileBufferingReadStream(gzip, InMemory, limit, Path.GetTempPath());
        try
        {
            await content.DrainAsync(cancellationToken);
            if (await IsCutOffAsync(file, content.Length, cancellationToken))
                throw new InvalidDataException("It ends in the middle.");
            content.Position = 0;
            return content;
        }
        catch (InvalidDataException e)
        {
            await content.DisposeAsync();
            throw new UnreadableFileException($"The gzip data is damaged or cut off. {e.Message} Compress the file again.");
        }
        catch (IOException e) when (e.Message.Contains("Buffer limit exceeded", StringComparison.Ordinal))
        {
            await content.DisposeAsync();
            throw new UnreadableFileException(
                $"The file has more than {limit} bytes without its compression, the limit of this key. Send it in parts, or use a key with "
                + "a higher max_body_bytes.");
        }
    }

    /// <summary>Whether the file lacks its end, which the library does not notice. Its last four bytes are the length of what it holds; of
    /// several files in one, that of the last.</summary>
    private static async Task<bool> IsCutOffAsync(Stream file, long length, CancellationToken cancellationToken)
    {
        var end = new byte[sizeof(uint)];
        file.Position = Math.Max(0, file.Length - end.Length);
        await file.ReadAtLeastAsync(end, end.Length, throwOnEndOfStream: false, cancellationToken);
        var last = BinaryPrimitives.ReadUInt32LittleEndian(end);
        return last != (uint)length && (last > length || !await HasSeveralAsync(file, cancellationToken));
    }

    private static async Task<bool> HasSeveralAsync(Stream file, CancellationToken cancellationToken)
    {
        var (block, before) = (new byte[1 << 16], 0);
        file.Position = 1;
        while (await file.ReadAsync(block.AsMemory(before), cancellationToken) is var read and > 0)
        {
            var bytes = block.AsSpan(0, before + read);
            if (bytes.IndexOf(Member) >= 0)
                return true;
            // A start may lie across two blocks.
            before = Math.Min(Member.Length - 1, bytes.Length);
            bytes[^before..].CopyTo(block);
        }

        return false;
    }
}
