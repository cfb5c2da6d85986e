namespace SPaR.Benchmarks.Training;

/// <summary>A model file that lasts as long as its measurement.</summary>
internal sealed class ModelOnDisk : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spar bench ");

    public ModelOnDisk(Action<string> write) => write(Path);

    public string Path => System.IO.Path.Combine(_folder.FullName, "model.gguf");

    public void Dispose() => _folder.Delete(recursive: true);
}
