using System.Diagnostics;

namespace SPaR.Service.Uploads;

/// <summary>Apache Parquet. A process of its own decodes it (<see cref="ParquetRows"/>): a damaged file can keep the library busy for ever
/// or ask for any memory, and then the process is ended.</summary>
internal sealed class ParquetFile : IFileKind
{
    /// <summary>The most memory that the process may take for its objects.</summary>
    private const string MemoryLimit = "0x80000000";

    /// <summary>The longest wait for more rows.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Bounds the memory of all processes together.</summary>
    private static readonly SemaphoreSlim Turns = new(2);

    public string Name => "parquet";

    public bool Recognises(FileStart start) => start.Bytes.Span.StartsWith("PAR1"u8);

    public async Task<Stream?> ConvertAsync(Stream file, long limit, CancellationToken cancellationToken)
    {
        await Turns.WaitAsync(cancellationToken);
        try
        {
            await using var copy = await NamedFile.CopyOfAsync(file, cancellationToken);
            return await DecodeAsync(copy.Path, limit, cancellationToken);
        }
        finally
        {
            Turns.Release();
        }
    }

    public IAsyncEnumerable<FileRow> ReadAsync(Stream file, FileStart start, CancellationToken cancellationToken) =>
        NdjsonFile.ReadAsync(file, number => new($"row {number}", ": "), cancellationToken);

    private static async Task<Stream> DecodeAsync(string path, long limit, CancellationToken cancellationToken)
    {
        var rows = new NamedFile();
        using var process = Process.Start(Command(path))!;
        try
        {
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await CopyAsync(process.StandardOutput.BaseStream, rows.Content, limit, cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0)
                throw new UnreadableFileException(
                    $"The Parquet file is damaged, or has what is not supported. {Reason(await errors)} Write it again, or send NDJSON.");
            rows.Content.Position = 0;
            return rows.Content;
        }
        catch
        {
            await rows.DisposeAsync();
            throw;
        }
        finally
        {
            process.Kill();
        }
    }

    private static async Task CopyAsync(Stream output, Stream rows, long limit, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var block = new byte[1 << 16];
        try
        {
            patience.CancelAfter(Patience);
            while (await output.ReadAsync(block, patience.Token) is var read and > 0)
            {
                await rows.WriteAsync(block.AsMemory(0, read), cancellationToken);
                if (rows.Length > limit)
                    throw new UnreadableFileException(
                        $"The rows of the Parquet file have more than {limit} bytes, the limit of this key. Send it in parts, or use a key "
                        + "with a higher max_body_bytes.");
                patience.CancelAfter(Patience);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UnreadableFileException(
                $"The Parquet file gave no row for {Patience.TotalSeconds} seconds; it may be damaged. Write it again with smaller row "
                + "groups, or send NDJSON.");
        }
    }

    private static ProcessStartInfo Command(string path)
    {
        var command = SelfExecutable.InRole(ParquetRows.Role);
        return new(command[0], [.. command.Skip(1), "--file", path])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_GCHeapHardLimit"] = MemoryLimit },
        };
    }

    // The last words of a process that ended by itself are a stack trace.
    private static string Reason(string errors)
    {
        const string Prefix = "spar: ";
        var line = errors.Split('\n').FirstOrDefault(line => line.StartsWith(Prefix, StringComparison.Ordinal));
        return line is null ? "Reading it failed." : line[Prefix.Length..].TrimEnd();
    }
}
