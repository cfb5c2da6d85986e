namespace SPaR.Tests.Docker;

/// <summary>The files that the images are made from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static Dockerfile Dockerfile { get; } = Dockerfile.Read(Read("docker/Dockerfile"));

    public static ComposeFile Compose { get; } = ComposeFile.Read(Read("docker/compose.yaml"));

    public static ComposeFile Cuda12 { get; } = ComposeFile.Read(Read("docker/compose.cuda12.yaml"));

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static bool Has(string path) => File.Exists(Path.Combine(Root, path)) || Directory.Exists(Path.Combine(Root, path));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SPaR.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("There is no SPaR.sln above the tests.");
        return folder.FullName;
    }
}
