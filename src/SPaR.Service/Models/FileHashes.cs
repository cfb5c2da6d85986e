using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace SPaR.Service.Models;

/// <summary>SHA-256 of large files; recomputed only if size or time of the file changes. Thread-safe.</summary>
internal sealed class FileHashes
{
    private readonly ConcurrentDictionary<string, Known> _known = [];

    /// <returns>Lower-case hexadecimal digits.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async Task<string> OfAsync(string path, CancellationToken cancellationToken)
    {
        var file = new FileInfo(path);
        if (_known.TryGetValue(path, out var known) && known.Bytes == file.Length && known.Written == file.LastWriteTimeUtc)
            return known.Sha256;
        await using var content = file.OpenRead();
        var sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken));
        _known[path] = new(file.Length, file.LastWriteTimeUtc, sha256);
        return sha256;
    }

    private sealed record Known(long Bytes, DateTime Written, string Sha256);
}
