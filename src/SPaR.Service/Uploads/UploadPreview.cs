using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Method.Input;
using SPaR.Service.Http;

namespace SPaR.Service.Uploads;

/// <summary>How a file would be understood; nothing is stored.</summary>
/// <param name="File">The kind of file; null if it cannot be read.</param>
/// <param name="Format">What its rows are; null likewise.</param>
/// <param name="Columns">Null likewise.</param>
/// <param name="Rows">How many would be stored. Reading ends after twenty errors.</param>
/// <param name="First">The first rows, as they would be stored.</param>
/// <param name="Skipped">Number of invalid rows that would be skipped.</param>
/// <param name="Errors">For which the upload would be refused.</param>
internal sealed record UploadPreview(
    string? File, string? Format, UploadedColumns? Columns, int Rows, IReadOnlyList<PreviewRow> First, int Skipped,
    IReadOnlyList<SkippedRow> FirstSkipped, IReadOnlyList<FieldError> Errors)
{
    private const int Shown = 5;

    /// <param name="check">Why a row cannot be stored, besides what its format says.</param>
    public static async Task<UploadPreview> OfAsync<T>(
        UploadReader<T> reader, UploadedFile file, Func<ReadRow<T>, IReadOnlyList<FieldError>> check, CancellationToken cancellationToken)
        where T : class
    {
        var (rows, first) = (0, new List<PreviewRow>());
        try
        {
            await reader.OpenAsync(file, cancellationToken);
            await foreach (var row in reader.ReadAsync(cancellationToken))
            {
                if (check(row) is [_, ..] errors)
                {
                    if (reader.Refuse(row.Place, errors))
                        break;
                    continue;
                }

                if (++rows <= Shown)
                    first.Add(new(row.Place.Name, JsonSerializer.SerializeToElement(row.Value, ApiJson.Options), row.Kept));
            }
        }
        catch (UnreadableFileException e)
        {
            reader.Errors.Add(new("body", e.Message));
        }

        var report = reader.IsOpen ? reader.Report : null;
        return new(
            report?.File, report?.Format, report?.Columns, rows, first, report?.Skipped ?? 0, report?.FirstSkipped ?? [], reader.Errors);
    }
}

/// <param name="Place">Its place in the file: <c>line 3</c>, <c>[2]</c>, <c>row 7</c>.</param>
/// <param name="Row">As it would be stored.</param>
/// <param name="Metadata">Columns that the format does not have, if they are kept.</param>
internal sealed record PreviewRow(string Place, JsonElement Row, JsonObject? Metadata);
