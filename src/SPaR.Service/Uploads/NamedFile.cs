namespace SPaR.Service.Uploads;

/// <summary>A temporary file that another process can open by its path; it is gone when this is disposed.</summary>
internal sealed class NamedFile : IAsyncDisposable
{
    private readonly FileStream _file = new(
        System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"spar-{System.IO.Path.GetRandomFileName()}"),
        new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
            // Nobody else reads what users upload.
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });

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
