using SPaR.Cli.Commands;
using SPaR.Client;

namespace SPaR.Tests.Cli;

public sealed class CompareCommandTests
{
    [Fact]
    public void A_comparison_is_drawn_with_its_interval_and_what_was_won()
    {
        using var terminal = new TestTerminal();

        terminal.Terminal.Out.Write(CompareCommand.Draw(SparJson.Deserialize<Comparison>("""
            {
              "a": { "id": "evl_1", "name": "before" }, "b": { "id": "evl_2", "name": null }, "benchmark": "ifeval", "paired": 20,
              "measures": { "accuracy": {
                "a": { "mean": 0.5, "low": 0.3, "high": 0.7, "count": 20 }, "b": { "mean": 0.75, "low": 0.5, "high": 0.9, "count": 20 },
                "difference": 0.25, "low": 0.05, "high": 0.45, "p_value": 0.021, "wins": 6, "losses": 1, "ties": 13 } }
            }
            """)!));

        terminal.Out.ShouldContain("0.050 to 0.450");
        terminal.Out.ShouldContain("20 items of ifeval; a: before, b: evl_2");
    }
}
