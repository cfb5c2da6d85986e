using SPaR.Service.Models;

namespace SPaR.Service.Conversions;

/// <summary>Where conversions put what they make, in the models folder.</summary>
internal sealed class ConversionFiles(ModelFolder folder)
{
    private const string Results = "converted";

    /// <returns>Relative to the models folder: a folder for an export, otherwise a file. It exists when it is complete.</returns>
    public static string PathOf(Conversion conversion) =>
        $"{Results}/{conversion.Id}{(conversion.Kind is ConversionKind.Export ? "" : ".gguf")}";

    /// <summary>Makes room for the result.</summary>
    /// <returns>Its full path.</returns>
    public string Prepare(Conversion conversion)
    {
        Directory.CreateDirectory(folder.FullPath(Results));
        return folder.FullPath(PathOf(conversion));
    }

    /// <summary>Removes the result, complete or not.</summary>
    public void Remove(Conversion conversion)
    {
        RemoveUnfinished(conversion);
        Remove(folder.FullPath(PathOf(conversion)));
    }

    /// <summary>Removes what a process that was killed has left.</summary>
    public void RemoveUnfinished(Conversion conversion) => Remove(folder.FullPath(PathOf(conversion)) + ".writing");

    private static void Remove(string path)
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        else if (File.Exists(path))
            File.Delete(path);
    }
}
