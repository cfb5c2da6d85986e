namespace SPaR.Service.Models;

/// <summary>Where model files lie.</summary>
public sealed class ModelsOptions
{
    public const string Section = "Models";

    /// <summary>The folder that holds every model file; none outside it is ever opened.</summary>
    public required string Folder { get; set; }

    /// <summary>The service's address, for a worker on another machine: what its own folder lacks comes from there. Trainings need the
    /// service's folder, so such a worker takes none.</summary>
    public string? Source { get; set; }

    /// <summary>The API key that is shown there, with the scope read; none for a service that is open.</summary>
    public string? Key { get; set; }
}
