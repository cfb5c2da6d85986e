namespace SPaR.Service.Datasets;

/// <summary>Where files that were made of datasets are kept.</summary>
public sealed class DatasetsOptions
{
    public const string Section = "Datasets";

    /// <summary>A folder that only the service writes to. What is in it can be made again.</summary>
    public string Folder { get; set; } = ".spar/datasets";
}
