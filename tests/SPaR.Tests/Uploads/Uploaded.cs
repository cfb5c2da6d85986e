using System.IO.Compression;
using System.Text;
using SPaR.Method.Input;
using SPaR.Service.Datasets;
using SPaR.Service.Instructions;
using SPaR.Service.Uploads;

namespace SPaR.Tests.Uploads;

/// <summary>What became of a file: the rows that would be stored, or the errors.</summary>
internal sealed record Uploaded<T>(
    IReadOnlyList<T> Rows, IReadOnlyList<string> Fields, IReadOnlyList<FieldError> Errors, UploadReport? Report)
    where T : class
{
    public T Only => Rows.ShouldHaveSingleItem(string.Join("; ", Errors));

    public Uploaded<T> ShouldBeRefused(params string[] fields)
    {
        Fields.ShouldBe(fields, string.Join("; ", Errors));
        return this;
    }

    public Uploaded<T> Saying(string part)
    {
        string.Join('\n', Errors.Select(e => e.Message)).ShouldContain(part);
        return this;
    }
}

/// <summary>Reads files as an upload does, without a database.</summary>
internal static class UploadedFiles
{
    public static readonly UploadOptions Lenient = UploadOptions.Default with { Unknown = UnknownColumns.Ignore };

    public static Uploaded<InstructionDraft> ReadInstructions(string text, UploadOptions? options = null) =>
        ReadInstructions(Encoding.UTF8.GetBytes(text), options);

    public static Uploaded<InstructionDraft> ReadInstructions(byte[] file, UploadOptions? options = null) =>
        Read(InstructionFormats.All, file, options ?? UploadOptions.Default);

    public static Uploaded<DatasetDraft> ReadDataset(string text, UploadOptions? options = null) =>
        ReadDataset(Encoding.UTF8.GetBytes(text), options);

    public static Uploaded<DatasetDraft> ReadDataset(byte[] file, UploadOptions? options = null) =>
        Read(DatasetFormats.All, file, options ?? Lenient);

    public static Uploaded<T> Read<T>(IReadOnlyList<IRowFormat<T>> formats, byte[] file, UploadOptions options, long limit = 1 << 24)
        where T : class => ReadAsync(formats, file, options, limit).GetAwaiter().GetResult();

    public static byte[] Zip(byte[] content)
    {
        using var file = new MemoryStream();
        using (var gzip = new GZipStream(file, CompressionLevel.Fastest))
            gzip.Write(content);
        return file.ToArray();
    }

    private static async Task<Uploaded<T>> ReadAsync<T>(
        IReadOnlyList<IRowFormat<T>> formats, byte[] file, UploadOptions options, long limit)
        where T : class
    {
        using var reader = new UploadReader<T>(formats, options);
        var rows = new List<T>();
        try
        {
            await reader.OpenAsync(new(new MemoryStream(file), DeclaredJson: true, limit), CancellationToken.None);
            await foreach (var row in reader.ReadAsync(CancellationToken.None))
                rows.Add(row.Value);
        }
        catch (UnreadableFileException e)
        {
            return new([], [.. reader.Errors.Select(error => error.Field), "body"], [.. reader.Errors, new("body", e.Message)], null);
        }

        return reader.Errors.Count > 0
            ? new([], [.. reader.Errors.Select(error => error.Field)], reader.Errors, reader.Report)
            : new(rows, [], [], reader.Report);
    }
}
