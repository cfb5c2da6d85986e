using System.Collections.Concurrent;

namespace SPaR.Service.Datasets;

/// <summary>Files that are made of a dataset: each is made once, on the first request, and kept until the dataset is deleted. A dataset
/// never changes, so neither does its file, whatever version of the service made it. A file is there completely or not at all.</summary>
internal sealed class DatasetFiles(IOptions<DatasetsOptions> options, IDbContextFactory<SparDb> databases, TimeProvider time) : IDisposable
{
    private const string Unfinished = ".making";

    /// <summary>A file that nobody has written to for so long has lost its process.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromHours(6);

    /// <summary>Bounds the memory of all that are being made.</summary>
    private readonly SemaphoreSlim _turns = new(2);

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _making = [];

    private string Folder => Path.GetFullPath(options.Value.Folder);

    /// <param name="name">Of the file, the same for the same content.</param>
    /// <param name="write">Writes it; called only if there is none. A client that leaves does not stop it: the next request finds the
    /// file.</param>
    /// <returns>Its path.</returns>
    public async Task<string> GetAsync(string dataset, string name, Func<Stream, Task> write, CancellationToken cancellationToken)
    {
        var path = Path.Combine(Folder, dataset, name);
        if (File.Exists(path))
            return path;
        var one = _making.GetOrAdd(path, _ => new(1));
        await one.WaitAsync(cancellationToken);
        try
        {
            if (!File.Exists(path))
                await MakeAsync(path, write);
        }
        finally
        {
            one.Release();
        }

        return path;
    }

    public void Delete(string dataset)
    {
        var folder = Path.Combine(Folder, dataset);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    public void Dispose() => _turns.Dispose();

    private async Task MakeAsync(string path, Func<Stream, Task> write)
    {
        await _turns.WaitAsync();
        var unfinished = $"{path}.{Ids.New("tmp", time)}{Unfinished}";
        try
        {
            await SweepAsync();
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using (var file = new FileStream(unfinished, FileMode.CreateNew, FileAccess.ReadWrite))
            {
                await write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(unfinished, path, overwrite: true);
            DurableFile.FlushFolder(Path.GetDirectoryName(path)!);
        }
        finally
        {
            File.Delete(unfinished);
            _turns.Release();
        }
    }

    /// <summary>Removes what processes that died have left: the files of datasets that are gone, and unfinished files.</summary>
    private async Task SweepAsync()
    {
        if (!Directory.Exists(Folder))
            return;
        var kept = Directory.EnumerateDirectories(Folder).Select(folder => Path.GetFileName(folder)).Where(Ids.IsId).ToArray();
        await using var db = await databases.CreateDbContextAsync();
        var known = await db.Datasets.Where(d => kept.Contains(d.Id)).Select(d => d.Id).ToListAsync();
        foreach (var gone in kept.Except(known))
            Delete(gone);
        foreach (var file in Directory.EnumerateFiles(Folder, $"*{Unfinished}", SearchOption.AllDirectories))
            if (time.GetUtcNow() - File.GetLastWriteTimeUtc(file) > Abandoned)
                File.Delete(file);
    }
}
