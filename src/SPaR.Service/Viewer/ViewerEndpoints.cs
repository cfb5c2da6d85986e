using Microsoft.AspNetCore.Http.HttpResults;
using SPaR.Method.Input;
using SPaR.Service.Datasets;
using SPaR.Service.Http;
using SPaR.Service.Keys;

namespace SPaR.Service.Viewer;

/// <summary>Datasets in the shape of Hugging Face's dataset viewer, for clients that read that.</summary>
internal static class ViewerEndpoints
{
    internal const string Config = "default", Split = "train";

    private const int Most = 100;

    public static void MapViewer(this IEndpointRouteBuilder api)
    {
        const string Named = "dataset: a dataset's id, or a name for its newest version. config is default, split is train. ";
        var viewer = api.MapGroup("/dataset-viewer").WithTags("Datasets").RequireScope(Scope.Read);
        viewer.MapGet("/splits", Splits).WithName("ViewSplits").WithSummary("Dataset viewer: the splits of a dataset")
            .WithDescription("Use /v1/dataset-viewer as the base address of a client of Hugging Face's dataset viewer. " + Named);
        viewer.MapGet("/first-rows", FirstRows).WithName("ViewFirstRows")
            .WithSummary("Dataset viewer: the columns and the first 100 rows of a dataset").WithDescription(Named);
        viewer.MapGet("/rows", Rows).WithName("ViewRows").WithSummary("Dataset viewer: rows of a dataset")
            .WithDescription(Named + "offset: the first row, 0 by default. length: at most 100, the default.");
        viewer.MapGet("/statistics", Statistics).LimitStreams().WithName("ViewStatistics")
            .WithSummary("Dataset viewer: statistics of every column of a dataset").WithDescription(Named);
    }

    private static async Task<Results<Ok<ViewerSplits>, NotFoundProblem>> Splits(
        SparDb db, CancellationToken cancellationToken, string dataset = "") =>
        await FindAsync(db, dataset, cancellationToken) is null
            ? NotFoundProblem.Of("dataset", dataset)
            : TypedResults.Ok(new ViewerSplits([new(dataset, Config, Split)], [], []));

    private static async Task<Results<Ok<ViewerFirstRows>, NotFoundProblem>> FirstRows(
        SparDb db, CancellationToken cancellationToken, string dataset = "", string config = Config, string split = Split)
    {
        if (await FindAsync(db, dataset, cancellationToken) is not { } found || (config, split) is not (Config, Split))
            return Missing(dataset, config, split);
        var rows = await ReadAsync(db, found, 0, Most, cancellationToken);
        return TypedResults.Ok(new ViewerFirstRows(dataset, config, split, ViewerColumns.Of(found), rows, found.Count > rows.Count));
    }

    private static async Task<Results<Ok<ViewerRows>, NotFoundProblem, InvalidProblem>> Rows(
        SparDb db, CancellationToken cancellationToken, string dataset = "", string config = Config, string split = Split,
        int offset = 0, int length = Most)
    {
        var errors = new List<FieldError>();
        if (offset < 0)
            errors.Add(new("offset", $"is {offset}; it must be 0 or above."));
        if (length is < 0 or > Most)
            errors.Add(new("length", $"is {length}; it must be 0 to {Most}."));
        if (errors.Count > 0)
            return InvalidProblem.Of("invalid-parameter", errors);
        return await FindAsync(db, dataset, cancellationToken) is { } found && (config, split) is (Config, Split)
            ? TypedResults.Ok(new ViewerRows(
                ViewerColumns.Of(found), await ReadAsync(db, found, offset, length, cancellationToken), found.Count, Most, false))
            : Missing(dataset, config, split);
    }

    private static async Task<Results<Ok<ViewerStatistics>, NotFoundProblem>> Statistics(
        SparDb db, IDbContextFactory<SparDb> databases, DatasetFiles files, CancellationToken cancellationToken, string dataset = "",
        string config = Config, string split = Split) =>
        await FindAsync(db, dataset, cancellationToken) is { } found && (config, split) is (Config, Split)
        && await DatasetFileEndpoints.StatisticsAsync(found, databases, files, cancellationToken) is { } statistics
            ? TypedResults.Ok(ViewerStatistics.Of(found, statistics))
            : Missing(dataset, config, split);

    private static Task<Dataset?> FindAsync(SparDb db, string dataset, CancellationToken cancellationToken) => db.Datasets.AsNoTracking()
        .Where(d => d.Id == dataset || d.Name == dataset).OrderByDescending(d => d.Id == dataset).ThenByDescending(d => d.Version)
        .FirstOrDefaultAsync(cancellationToken);

    private static NotFoundProblem Missing(string dataset, string config, string split) => NotFoundProblem.Of(
        "dataset, config and split", $"{dataset}/{config}/{split}");

    private static async Task<IReadOnlyList<ViewerRow>> ReadAsync(
        SparDb db, Dataset dataset, int offset, int length, CancellationToken cancellationToken)
    {
        var rows = await db.DatasetRows.AsNoTracking().Where(r => r.DatasetId == dataset.Id && r.Ordinal >= offset)
            .OrderBy(r => r.Ordinal).Take(length).ToListAsync(cancellationToken);
        return rows.ConvertAll(row => new ViewerRow(row.Ordinal, ViewerColumns.Cells(row), []));
    }
}

internal sealed record ViewerSplit(string Dataset, string Config, string Split);

internal sealed record ViewerSplits(
    IReadOnlyList<ViewerSplit> Splits, IReadOnlyList<ViewerSplit> Pending, IReadOnlyList<ViewerSplit> Failed);

/// <param name="Truncated">Whether the dataset has more rows.</param>
internal sealed record ViewerFirstRows(
    string Dataset, string Config, string Split, IReadOnlyList<ViewerFeature> Features, IReadOnlyList<ViewerRow> Rows, bool Truncated);

/// <param name="Partial">Whether only a part of the dataset can be viewed: never.</param>
internal sealed record ViewerRows(
    IReadOnlyList<ViewerFeature> Features, IReadOnlyList<ViewerRow> Rows, int NumRowsTotal, int NumRowsPerPage, bool Partial);

/// <param name="TruncatedCells">Columns whose value was cut: none.</param>
internal sealed record ViewerRow(int RowIdx, IReadOnlyDictionary<string, object?> Row, IReadOnlyList<string> TruncatedCells);
