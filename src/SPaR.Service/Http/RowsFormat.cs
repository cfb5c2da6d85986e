namespace SPaR.Service.Http;

/// <summary>Which value of <c>format</c> gives the rows that the OpenAPI document describes. Declared next to an endpoint that knows several,
/// for clients that are generated from the document.</summary>
public sealed record RowsFormat(string Name)
{
    /// <summary>Its name in the document.</summary>
    public const string Extension = "x-rows-format";
}
