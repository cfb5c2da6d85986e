namespace SPaR.Service.Uploads;

/// <summary>A temporary file that another process can open by its path; it is gone when this is disposed.</summary>
internal sealed class NamedFile : IAsyncDisposable
{
    private const int BufferBytes = 1 << 16;

    // Only this user can read what the system creates here.
    private readonly FileStream _file = new(
        System.IO.Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, BufferBytes,
        FileOptions.Asynchronous | FileOptions.DeleteOnClose);

    public string Path => _file.Name;

    public Stream Content => _file;

    public static async Task<NamedFile> CopyOfAsync(Stream content, CancellationToken cancellationToken)
    {
        var file = new NamedFile();
        await content.CopyToAsync(file._file, cancellationToken);
        await file._file.FlushAsync(cancellationToken);
        return file;
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();
}
