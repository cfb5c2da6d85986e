using SPaR.Cli.Demo;
using SPaR.Evaluation.Statistics;
using Spectre.Console;

namespace SPaR.Benchmarks.Method;

/// <param name="Limit">Samples of best-of-n, or the node budget of a search.</param>
/// <param name="Generations">Answers and refinements for one instruction, on average.</param>
/// <param name="Judged">Answers that were judged for one instruction, on average.</param>
/// <param name="Tokens">Tokens generated for one instruction, votes included, on average.</param>
/// <param name="Accuracy">Share of the instructions whose answer the world verifies.</param>
internal sealed record ScalingArm(
    string Arm, int Limit, double Generations, double Judged, double Tokens, double Seconds, Measure Accuracy);

/// <param name="Instructions">Number of held-out instructions, the same for all arms.</param>
internal sealed record ScalingReport(int Instructions, long Seed, IReadOnlyList<ScalingArm> Arms) : IMethodReport
{
    public const string BestOfN = "best-of-n", Bfs = "bfs", Dfs = "dfs";

    public string ToJson() => MethodReport.ToJson(this);

    public void Draw(IAnsiConsole console)
    {
        var table = MethodReport.Table("answer by", "limit", "generations", "judged", "tokens", "seconds", "accuracy");
        foreach (var arm in Arms)
            table.AddRow(
                arm.Arm, $"{arm.Limit}", MethodReport.Text(arm.Generations), MethodReport.Text(arm.Judged), MethodReport.Text(arm.Tokens),
                MethodReport.Text(arm.Seconds), MethodReport.Text(arm.Accuracy));
        console.Write(table);
        console.WriteLine("below each accuracy is its 95 % interval");
    }

    /// <summary>Accuracy against generations. The lines of the other ways start at the sample.</summary>
    public string ToSvg()
    {
        var sample = Arms.Where(a => a.Arm == "sample");
        return new CurveDrawing(
            "scaling", "Accuracy by the cost of an answer", "accuracy",
            [Line("greedy", Of("greedy")), .. new[] { BestOfN, Bfs, Dfs }.Select(arm => Line(arm, sample.Concat(Of(arm))))])
        {
            Across = "generations per instruction",
        }.ToSvg();

        IEnumerable<ScalingArm> Of(string arm) => Arms.Where(a => a.Arm == arm);
    }

    private static CurveLine Line(string label, IEnumerable<ScalingArm> arms)
    {
        var points = arms.OrderBy(a => a.Generations).ToList();
        return new(label, points.ConvertAll(a => (a.Generations, a.Accuracy.Mean)))
        {
            Intervals = points.ConvertAll(a => (a.Accuracy.Low, a.Accuracy.High)),
        };
    }
}
