namespace SPaR.HuggingFace;

/// <summary>Writes a folder that exists completely or not at all.</summary>
internal static class NewFolder
{
    /// <param name="write">Writes into the folder that it is given.</param>
    /// <exception cref="ModelRejectedException"><c>folder-exists</c>.</exception>
    public static void Write(string folder, Action<string> write)
    {
        if (Path.Exists(folder))
            throw new ModelRejectedException("folder-exists", $"{folder}: exists already. Remove it, or name another folder.");
        var temporary = folder + ".writing";
        // Left by a process that was killed.
        if (Directory.Exists(temporary))
            Directory.Delete(temporary, recursive: true);
        try
        {
            Directory.CreateDirectory(temporary);
            write(temporary);
            DurableFile.FlushFolder(temporary);
            Directory.Move(temporary, folder);
        }
        catch
        {
            if (Directory.Exists(temporary))
                Directory.Delete(temporary, recursive: true);
            throw;
        }
        DurableFile.FlushFolder(Path.GetDirectoryName(Path.GetFullPath(folder))!);
    }
}
