using System.IO.Compression;
using Microsoft.AspNetCore.WebUtilities;

namespace SPaR.Service.Uploads;

/// <summary>Decompresses gzip into a file of bounded size.</summary>
internal static class Gzip
{
    private const int InMemory = 1 << 16;

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
            content.Position = 0;
            return content;
        }
        catch (InvalidDataException e)
        {
            await content.DisposeAsync();
            throw new UnreadableFileException($"The gzip data is damaged or cut off: {e.Message} Compress the file again.");
        }
        catch (IOException e) when (e.Message.Contains("Buffer limit exceeded", StringComparison.Ordinal))
        {
            await content.DisposeAsync();
            throw new UnreadableFileException(
                $"The file has more than {limit} bytes without its compression, the limit of this key. Send it in parts, or use a key with a "
                + "higher max_body_bytes.");
        }
    }
}
