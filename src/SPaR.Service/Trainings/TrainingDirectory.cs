namespace SPaR.Service.Trainings;

/// <summary>Where this process trains: its machine and its training folder, which has an id of its own, so that two folders of the same
/// name can be told apart. A training run belongs to the directory that has its process and its checkpoints.</summary>
internal sealed class TrainingDirectory(IOptions<TrainerOptions> options, TimeProvider time)
{
    private const string Mark = "folder.id";

    public string Machine => options.Value.Machine;

    /// <summary>The id of the training folder, which is created where there is none.</summary>
    public string FolderId()
    {
        var path = Path.Combine(Directory.CreateDirectory(options.Value.Folder).FullName, Mark);
        if (File.Exists(path))
            return File.ReadAllText(path);
        var id = Ids.New("fld", time);
        File.WriteAllText($"{path}.{id}", id);
        try
        {
            File.Move($"{path}.{id}", path);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another worker of this machine was first.
            File.Delete($"{path}.{id}");
        }

        return File.ReadAllText(path);
    }

    /// <summary>Whether the folder of this process is the one of the run.</summary>
    public bool Sees(TrainingRun run)
    {
        var path = Path.Combine(options.Value.Folder, Mark);
        return run.FolderId is null || (File.Exists(path) && File.ReadAllText(path) == run.FolderId);
    }
}
