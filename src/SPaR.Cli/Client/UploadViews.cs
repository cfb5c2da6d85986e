namespace SPaR.Cli.Client;

internal sealed record InstructionSetView(string Id, int Count, UploadView? Upload = null);

internal sealed record DatasetView(string Id, int Count, UploadView? Upload = null);

/// <summary>How the service understood a file.</summary>
internal sealed record UploadView(UploadColumns Columns, int Skipped, IReadOnlyList<SkippedRow> FirstSkipped);

internal sealed record UploadColumns(IReadOnlyList<string> Ignored);

internal sealed record SkippedRow(IReadOnlyList<RowError> Errors);

internal sealed record RowError(string Field, string Message);
