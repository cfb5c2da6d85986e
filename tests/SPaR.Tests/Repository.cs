namespace SPaR.Tests;

/// <summary>The files of the clone that the tests were built in.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SPaR.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("There is no SPaR.sln above the tests.");
        return folder.FullName;
    }
}
