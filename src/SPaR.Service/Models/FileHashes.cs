using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace SPaR.Service.Models;

/// <summary>SHA-256 of large files; computed again only when a file has changed. Thread-safe.</summary>
internal sealed class FileHashes
{
    private readonly ConcurrentDictionary<string, Known> _known = [];

    /// <returns>Lower-case hexadecimal digits.</returns>
    /// <exception cref="ModelRejectedException"><c>not-a-regular-file</c>.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async Task<string> OfAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            var version = FileVersion.Of(path);
            var known = _known.AddOrUpdate(
                path, _ => Known.Of(path, version),
                (_, last) => last.Version == version && !last.HasFailed ? last : Known.Of(path, version));
            var sha256 = await known.Sha256.Value.WaitAsync(cancellationToken);
            // Otherwise it was written to or replaced while it was read.
            if (FileVersion.Of(path) == version)
                return sha256;
        }
    }

    /// <summary>One reader for all who ask.</summary>
    private sealed record Known(FileVersion Version, Lazy<Task<string>> Sha256)
    {
        public bool HasFailed => Sha256 is { IsValueCreated: true, Value.IsFaulted: true };

        public static Known Of(string path, FileVersion version) => new(version, new(() => DedicatedThread.RunAsync(() => Hash(path))));

        private static string Hash(string path)
        {
            using var content = RegularFile.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(content));
        }
    }
}
