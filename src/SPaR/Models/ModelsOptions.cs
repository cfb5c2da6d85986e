namespace SPaR.Models;

/// <summary>Where model files lie.</summary>
public sealed class ModelsOptions
{
    public const string Section = "Models";

    /// <summary>The folder that holds every model file; none outside it is ever opened.</summary>
    public required string Folder { get; set; }
}
