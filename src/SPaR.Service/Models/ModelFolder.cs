using SPaR.Method.Input;

namespace SPaR.Service.Models;

/// <summary>Resolves a user's path to a file under the models folder and refuses every path that leads out of it.</summary>
internal sealed class ModelFolder(IOptions<ModelsOptions> options)
{
    private const int MaxLinks = 40;

    /// <summary>Absolute.</summary>
    public string Root { get; } = Path.GetFullPath(options.Value.Folder);

    /// <returns>The normalised path, relative to the folder and with forward slashes.</returns>
    /// <exception cref="InvalidInputException"><c>outside-models-folder</c> or <c>model-not-found</c>.</exception>
    public string Resolve(string path)
    {
        var relative = Relative(path);
        var full = Path.Combine(Root, relative);
        if (!File.Exists(full))
            throw Refuse("model-not-found", $"There is no file '{relative}' in the models folder; put it there first.");
        RequireInside(relative);
        return relative;
    }

    /// <summary>Resolves a folder with a model in another form. None of its files may lead out of the models folder.</summary>
    /// <returns>As <see cref="Resolve"/>.</returns>
    /// <exception cref="InvalidInputException"><c>outside-models-folder</c> or <c>model-not-found</c>.</exception>
    public string ResolveFolder(string path)
    {
        var relative = Relative(path);
        if (relative.Length == 0 || !Directory.Exists(Path.Combine(Root, relative)))
            throw Refuse("model-not-found", $"There is no folder '{relative}' in the models folder; put it there first.");
        RequireInside(relative);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Root, relative)))
            RequireInside(Path.GetRelativePath(Root, file));
        return relative;
    }

    /// <summary>Resolves the path of a file that is to be made.</summary>
    /// <returns>As <see cref="Resolve"/>.</returns>
    /// <exception cref="InvalidInputException"><c>outside-models-folder</c> or <c>model-not-found</c>.</exception>
    public string ResolveNew(string path)
    {
        var relative = Relative(path);
        // A folder on the way may be a link.
        RequireInside(relative);
        return relative;
    }

    private static string Relative(string path)
    {
        if (string.IsNullOrWhiteSpace(path) || path.Contains('\0'))
            throw Refuse("model-not-found", "path is empty; give the path of a GGUF file relative to the models folder.");
        var parts = path.Split(['/', '\\']);
        if (Path.IsPathRooted(path) || parts.Contains("..") || path.Contains(':'))
            throw Refuse(
                "outside-models-folder", $"'{path}' is not inside the models folder; give a path relative to it, without '..'.");
        return string.Join('/', parts.Where(part => part is not ("" or ".")));
    }

    private void RequireInside(string relative)
    {
        if (RealPath(Path.Combine(Root, relative)) is not { } real
            || !real.StartsWith(RealPath(Root) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw Refuse(
                "outside-models-folder", $"'{relative}' is a link that leads out of the models folder; copy the file into it.");
    }

    public string FullPath(string relative) => Path.Combine(Root, relative);

    /// <summary>The name of a file below the folder, as users write it.</summary>
    public string NameOf(string path) => Path.GetRelativePath(Root, path);

    /// <summary>Users know files by their names in the folder; where it is on this machine is not for them.</summary>
    /// <returns>A message of the engine or the system with these names.</returns>
    public string WithNames(string message) => message.Replace(Root + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);

    // Follows the links of every component, not only of the last one: a linked folder also leads out.
    private static string? RealPath(string path)
    {
        var rest = new Stack<string>(Components(path));
        var real = Path.GetPathRoot(path)!;
        for (var links = 0; rest.TryPop(out var part);)
        {
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }

            var next = Path.Combine(real, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > MaxLinks)
                return null;
            if (Path.IsPathRooted(target))
                real = Path.GetPathRoot(target)!;
            foreach (var component in Components(target))
                rest.Push(component);
        }

        return real;
    }

    private static IEnumerable<string> Components(string path) =>
        path.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").Reverse();

    private static InvalidInputException Refuse(string code, string message) => new(code, [new("path", message)]);
}
