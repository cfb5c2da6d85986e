using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace SPaR.Benchmarks.Inference;

/// <param name="SpeedupOverSequential">Ratio of tokens per second.</param>
/// <param name="ShareOfCeiling">Ratio of tokens per second.</param>
/// <param name="PrefillShare">Prompt tokens that the engine computed / those that one request at a time computes for the same
/// trees.</param>
internal sealed record InferenceReport(
    string Model, string Quantisation, int Threads, int Cells, IReadOnlyDictionary<string, Arm> Arms,
    double SpeedupOverSequential, double SpeedupOverSequentialShared, double ShareOfCeiling, double PrefillShare,
    IReadOnlyDictionary<string, double> SamplerMicroseconds, IReadOnlyList<ResidentCellsArm> ResidentCells,
    IReadOnlyList<BatchShape> BatchShapes)
{
    public const string Sequential = "sequential", SequentialShared = "sequential_shared", Spar = "spar", Ceiling = "ceiling";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
    };

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    public void Draw(IAnsiConsole console)
    {
        console.MarkupLineInterpolated($"[bold]{Model}[/], {Quantisation}, {Threads} threads, {Cells} cells");
        var arms = Table("arm", "generated", "prefill", "seconds", "CPU seconds", "tokens per second", "trees");
        foreach (var (name, arm) in Arms)
            Row(arms, name, arm.TokensGenerated, arm.PrefillTokens, arm.Seconds, arm.ProcessorSeconds, arm.TokensPerSecond,
                arm.TreesMeasured);
        console.Write(arms);
        var ratios = Table("ratio", "");
        Row(ratios, "speedup over sequential", SpeedupOverSequential);
        Row(ratios, "speedup over sequential_shared", SpeedupOverSequentialShared);
        Row(ratios, "share of ceiling", ShareOfCeiling);
        Row(ratios, "prefill share", PrefillShare);
        foreach (var (logits, microseconds) in SamplerMicroseconds)
            Row(ratios, $"sampling from {logits}, µs", microseconds);
        console.Write(ratios);
        var resident = Table("resident cells", "prefill", "seconds");
        foreach (var arm in ResidentCells)
            Row(resident, arm.ResidentCells, arm.PrefillTokens, arm.Seconds);
        console.Write(resident);
        var shapes = Table("sequences", "µs per token", "engine: per evaluation", "engine: µs per token");
        foreach (var shape in BatchShapes)
            Row(shapes, shape.Sequences, Microseconds(shape.SecondsPerToken), shape.EngineSequencesPerStep,
                Microseconds(shape.EngineSecondsPerToken));
        console.Write(shapes);
    }

    private static double Microseconds(double seconds) => Math.Round(1e6 * seconds);

    private static Table Table(params string[] columns)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in columns)
            table.AddColumn(new TableColumn(column) { Alignment = table.Columns.Count == 0 ? Justify.Left : Justify.Right });
        return table;
    }

    private static void Row(Table table, params object[] cells) =>
        table.AddRow([.. cells.Select(c => Markup.Escape(Convert.ToString(c, CultureInfo.InvariantCulture)!))]);
}

/// <summary>The engine on some of the trees with this setting.</summary>
internal sealed record ResidentCellsArm(int ResidentCells, long TokensGenerated, long PrefillTokens, double Seconds, int TreesMeasured);
