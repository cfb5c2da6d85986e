namespace SPaR.Service.Uploads;

/// <summary>Apache Parquet.</summary>
internal sealed class ParquetFile : IFileKind
{
    public string Name => "parquet";

    public bool Recognises(FileStart start) => start.Bytes.Span.StartsWith("PAR1"u8);

    public IAsyncEnumerable<FileRow> ReadAsync(Stream file, FileStart start, CancellationToken cancellationToken) =>
        throw new UnreadableFileException("stub");
}
