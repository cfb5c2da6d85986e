namespace SPaR.Service.Models;

/// <summary>Where model files are.</summary>
public sealed class ModelsOptions
{
    public const string Section = "Models";

    /// <summary>The folder of all model files; no file outside it is ever opened.</summary>
    public required string Folder { get; set; }

    /// <summary>For a worker on another machine: the service's address, to download missing model files from. Trainings need the service's
    /// own folder, so such a worker takes none.</summary>
    public string? Source { get; set; }

    /// <summary>The API key for <see cref="Source"/>, with the scope read; none if that service is open.</summary>
    public string? Key { get; set; }
}
