using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SPaR.Method.Input;

namespace SPaR.Service.Uploads;

/// <summary>Apache Parquet. A process of its own decodes it (<see cref="ParquetRows"/>): a damaged file can keep the library busy for ever or
/// ask for any memory, and then the process is ended.</summary>
internal sealed class ParquetFile : IFileKind
{
    /// <summary>The most memory that the process may take for its objects.</summary>
    private const string MemoryLimit = "0x80000000";

    /// <summary>The longest wait for the next row.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public string Name => "parquet";

    public bool Recognises(FileStart start) => start.Bytes.Span.StartsWith("PAR1"u8);

    public async IAsyncEnumerable<FileRow> ReadAsync(
        Stream file, FileStart start, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var named = await NamedFile.CopyOfAsync(file, cancellationToken);
        using var process = Process.Start(Command(named.Path))!;
        try
        {
            var failure = process.StandardError.ReadToEndAsync(cancellationToken);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await using var rows = NdjsonFile.ReadAsync(process.StandardOutput.BaseStream, Row, patience.Token).GetAsyncEnumerator();
            while (await MoveNextAsync(rows, patience, cancellationToken))
                yield return rows.Current;
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0)
                throw new UnreadableFileException(
                    $"The Parquet file is damaged, or has what is not supported. {Reason(await failure)} Write it again, or send NDJSON.");
        }
        finally
        {
            process.Kill();
        }
    }

    private static Place Row(long number) => new($"row {number}", ": ");

    private static async Task<bool> MoveNextAsync(
        IAsyncEnumerator<FileRow> rows, CancellationTokenSource patience, CancellationToken cancellationToken)
    {
        patience.CancelAfter(Patience);
        try
        {
            return await rows.MoveNextAsync();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UnreadableFileException(
                $"The Parquet file gave no row for {Patience.TotalSeconds} seconds; it may be damaged. Write it again with smaller row groups.");
        }
        finally
        {
            // The reader of the rows may take its time.
            patience.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    private static ProcessStartInfo Command(string path)
    {
        // The runtime's folder is shared/Microsoft.NETCore.App/VERSION in that of the program dotnet.
        var dotnet = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet");
        return new(dotnet, [Path.Combine(AppContext.BaseDirectory, "SPaR.Host.dll"), "--role", ParquetRows.Role, "--file", path])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_GCHeapHardLimit"] = MemoryLimit },
        };
    }

    // The last words of a process that ended by an exception are a stack trace.
    private static string Reason(string errors)
    {
        const string Prefix = "spar: ";
        var line = errors.Split('\n').FirstOrDefault(line => line.StartsWith(Prefix, StringComparison.Ordinal));
        return line is null ? "Reading it failed." : line[Prefix.Length..].TrimEnd();
    }
}
