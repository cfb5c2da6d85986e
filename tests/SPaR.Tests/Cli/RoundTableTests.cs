using SPaR.Cli.Demo;
using Spectre.Console;

namespace SPaR.Tests.Cli;

public sealed class RoundTableTests : IDisposable
{
    private static readonly RoundReport Start = new(
        0, new(0.154, 0.125, 0.188), new(0.592, 0.548, 0.634), new(1, 0.9876), 0.44, 0.81, null, null, 8.25, false);

    private static readonly RoundReport First = new(
        1, new(0.586, 0.542, 0.628), new(0.822, 0.786, 0.853), new(1, 1), 0.46, 0.82, 206, 0.6932, 41, false);

    private readonly TestTerminal _terminal = new();

    [Fact]
    public void The_table_and_the_plot_match_their_snapshot()
    {
        Draw(Start, First);

        string.Join('\n', Lines(_terminal.Out)).ShouldBe(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Cli", "rounds.snap")), _terminal.Out);
    }

    [Fact]
    public void A_round_that_was_rolled_back_is_named()
    {
        Draw(Start, First with { RolledBack = true });

        _terminal.Out.ShouldContain("round 1 was rolled back");
    }

    [Fact]
    public void What_was_not_measured_is_a_dash()
    {
        Draw(new RoundReport(0, null, null, null, null, null, null, null, null, false));

        Lines(_terminal.Out).ShouldContain(line => line.Count(c => c == '-') >= 9);
    }

    [Fact]
    public void The_ablation_has_a_row_for_every_source_and_seed()
    {
        _terminal.Terminal.Out.Write(new Rows(AblationTable.Draw(
            [new("refined", 1, 133, new(0.468, 0.42, 0.51), new(0.83, 0.79, 0.86)), new("sft-only", 2, 131, null, null)])));

        _terminal.Out.ShouldMatch(@"refined\s+│\s+1\s+│\s+133\s+│\s+0\.468\s+│\s+0\.830");
        _terminal.Out.ShouldMatch(@"sft-only\s+│\s+2\s+│\s+131\s+│\s+-\s+│\s+-");
    }

    public void Dispose() => _terminal.Dispose();

    private void Draw(params RoundReport[] rounds)
    {
        _terminal.Terminal.Out.Profile.Width = 80;
        _terminal.Terminal.Out.Write(new Rows(RoundTable.Draw(rounds)));
    }

    private static List<string> Lines(string text) => [.. text.Split('\n').Select(line => line.TrimEnd())];
}
