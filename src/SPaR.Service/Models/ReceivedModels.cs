using System.Buffers;
using System.Security.Cryptography;

namespace SPaR.Service.Models;

/// <summary>Receives model files into a folder of their own beside the models, so that the models folder never has half a file.</summary>
internal sealed class ReceivedModels(ModelFolder folder, TimeProvider time)
{
    private const int Block = 1 << 20;

    /// <summary>A file that nobody has written to for so long has lost its process.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromHours(6);

    private string Folder => folder.FullPath(".received");

    /// <returns>The whole body, on disk; gone when it is disposed, unless it was moved.</returns>
    public async Task<ReceivedModel> ReceiveAsync(Stream body, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Folder);
        foreach (var old in Directory.EnumerateFiles(Folder).Where(f => time.GetUtcNow() - File.GetLastWriteTimeUtc(f) > Abandoned))
            File.Delete(old);
        var path = Path.Combine(Folder, Ids.New("up", time));
        try
        {
            return new(path, await WriteAsync(body, path, cancellationToken));
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    private static async Task<string> WriteAsync(Stream body, string path, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous);
        var block = ArrayPool<byte>.Shared.Rent(Block);
        try
        {
            while (await body.ReadAsync(block, cancellationToken) is var read and > 0)
            {
                hash.AppendData(block, 0, read);
                await file.WriteAsync(block.AsMemory(0, read), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }

        file.Flush(flushToDisk: true);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>A file that has arrived.</summary>
internal sealed record ReceivedModel(string Path, string Sha256) : IAsyncDisposable
{
    /// <exception cref="IOException">Something is there already.</exception>
    public void MoveTo(string target)
    {
        var folder = System.IO.Path.GetDirectoryName(target)!;
        Directory.CreateDirectory(folder);
        File.Move(Path, target, overwrite: false);
        DurableFile.FlushFolder(folder);
    }

    public ValueTask DisposeAsync()
    {
        File.Delete(Path);
        return ValueTask.CompletedTask;
    }
}
