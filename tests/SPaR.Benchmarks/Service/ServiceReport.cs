using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace SPaR.Benchmarks.Service;

/// <param name="Rows">Pairs or instructions.</param>
/// <param name="ApiSeconds">Through the API.</param>
/// <param name="CopySeconds">Of <c>psql \copy</c> with the same rows.</param>
internal sealed record Transfer(int Rows, double ApiSeconds, double CopySeconds)
{
    /// <summary>The API's rate over that of <c>\copy</c>.</summary>
    public double Share => CopySeconds / ApiSeconds;
}

/// <param name="Count">Requests that were sent.</param>
/// <param name="Statuses">Responses by status; all should be 200.</param>
/// <param name="P50Ms">Median time from the moment a request was due to the end of its response.</param>
/// <param name="SlowestMs">The 99th percentile for each kind of request.</param>
internal sealed record RequestTimes(
    int Count, IReadOnlyDictionary<int, int> Statuses, double P50Ms, double P99Ms, double MostMs,
    IReadOnlyDictionary<string, double> SlowestMs);

/// <param name="Open">Streams that were open until the run ended.</param>
/// <param name="Events">Events of the run.</param>
/// <param name="Missed">Events that a stream did not get, over all streams.</param>
/// <param name="Repeated">Events that a stream got twice, over all streams.</param>
internal sealed record StreamCounts(int Open, int Events, int Missed, int Repeated);

/// <summary>Processor seconds during a run that nothing else disturbed.</summary>
/// <param name="Seconds">From its creation to its end.</param>
/// <param name="Database">PostgreSQL, with the job queue in it.</param>
/// <param name="Worker">The method, its rows and its jobs, without the engine.</param>
/// <param name="Engine">The model's process.</param>
internal sealed record RunCost(double Seconds, double Database, double Api, double Worker, double Engine)
{
    /// <summary>The part of the processor time that PostgreSQL and the API took.</summary>
    public double QueueShare => (Database + Api) / (Database + Api + Worker + Engine);
}

internal sealed record ServiceReport(
    ServiceSize Size, Transfer Export, Transfer Import, Transfer ImportInstructions, long ApiPeakBytes, RequestTimes Requests,
    StreamCounts Streams, RunCost Run)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            ExportShare = Export.Share,
            ImportShare = Import.Share,
            ImportInstructionsShare = ImportInstructions.Share,
            ApiPeakBytes,
            P99Ms = Requests.P99Ms,
            SseMissed = Streams.Missed,
            Run.QueueShare,
            Size,
            Export,
            Import,
            ImportInstructions,
            Requests,
            Streams,
            Run,
        }, Json);

    public void Draw(IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Horizontal).AddColumns("what", "measured", "good");
        table.AddRow("export, share of \\copy", Number(Export.Share, 2), "≥ 0.5");
        table.AddRow("import of pairs, share of \\copy", Number(Import.Share, 2), "≥ 0.3");
        table.AddRow("import of instructions, share of \\copy", Number(ImportInstructions.Share, 2), "≥ 0.3");
        table.AddRow("most memory of the API", $"{Number(ApiPeakBytes / 1e6, 0)} MB", "≤ 300 MB");
        table.AddRow("requests, 99th percentile", $"{Number(Requests.P99Ms, 1)} ms", "≤ 50 ms");
        table.AddRow("events missed", $"{Streams.Missed} of {Streams.Events} × {Streams.Open}", "0");
        table.AddRow("database and API, share of a run", Number(Run.QueueShare, 3), "≤ 0.02");
        console.Write(table);
    }

    private static string Number(double value, int decimals) => value.ToString($"F{decimals}", CultureInfo.InvariantCulture);
}
