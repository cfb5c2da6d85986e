using SPaR.Method.Input;

namespace SPaR.Service.Uploads;

/// <summary>How an uploaded file was understood.</summary>
/// <param name="File">The kind of file: ndjson, json, csv or parquet.</param>
/// <param name="Format">What its rows are.</param>
/// <param name="Skipped">Number of invalid rows, which were not stored.</param>
/// <param name="FirstSkipped">The first of them; the resource's <c>skipped</c> lists all.</param>
public sealed record UploadReport(
    string File, string Format, UploadedColumns Columns, int Skipped, IReadOnlyList<SkippedRow> FirstSkipped)
{
    /// <summary>Null where nothing is searched for them, and in old rows.</summary>
    public UploadDuplicates? Duplicates { get; init; }
}

/// <summary>The columns that any row had.</summary>
/// <param name="Used">Those of the format.</param>
/// <param name="Ignored">Unknown ones that were left out.</param>
/// <param name="Metadata">Unknown ones that were kept as metadata.</param>
public sealed record UploadedColumns(IReadOnlyList<string> Used, IReadOnlyList<string> Ignored, IReadOnlyList<string> Metadata);

/// <summary>A row that was not stored.</summary>
/// <param name="Place">Its place in the file: <c>line 3</c>, <c>[2]</c>, <c>row 7</c>.</param>
public sealed record SkippedRow(string Place, IReadOnlyList<FieldError> Errors);
