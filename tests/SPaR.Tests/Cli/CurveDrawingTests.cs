using System.Xml.Linq;
using SPaR.Cli.Demo;

namespace SPaR.Tests.Cli;

public sealed class CurveDrawingTests
{
    private static readonly CurveDrawing Drawing = new(
        "actor-loss", "loss & margin", "loss", [new("round 1", [(1, 0.7), (2, 0.5), (3, 0.25)]), new("round 2", [(1, 0.6), (2, 0.3)])]);

    [Fact]
    public void A_plot_matches_its_snapshot() =>
        Drawing.ToSvg().ShouldBe(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Cli", "curves.snap")));

    [Fact]
    public void Every_training_has_a_labelled_line_within_the_axes()
    {
        var svg = XDocument.Parse(Drawing.ToSvg()).Root!;

        var lines = svg.Elements().Where(e => e.Name.LocalName == "polyline").Select(e => e.Attribute("points")!.Value).ToList();
        lines.Select(points => points.Split(' ').Length).ShouldBe([3, 2]);
        foreach (var point in lines.SelectMany(points => points.Split(' ')).Select(point => point.Split(',').Select(double.Parse).ToList()))
        {
            point[0].ShouldBeInRange(70, 600);
            point[1].ShouldBeInRange(50, 360);
        }

        var texts = svg.Elements().Where(e => e.Name.LocalName == "text").Select(e => e.Value).ToList();
        texts.ShouldContain("loss & margin");
        texts.ShouldContain("step");
        texts.ShouldContain("round 1");
        texts.ShouldContain("round 2");
        texts.ShouldContain("0.3");
    }

    [Fact]
    public void Points_with_intervals_have_error_bars_within_the_axis()
    {
        var drawing = new CurveDrawing(
            "scaling", "title", "accuracy", [new("bfs", [(1, 0.5), (2, 0.6)]) { Intervals = [(0.1, 0.9), (0.5, 0.7)] }])
        {
            Across = "generations",
        };
        var svg = XDocument.Parse(drawing.ToSvg()).Root!;

        svg.Elements().Count(e => e.Name.LocalName == "circle").ShouldBe(2);
        var bars = svg.Elements().Where(e => e.Name.LocalName == "line" && e.Attribute("stroke")!.Value == "#0072b2").ToList();
        bars.Count.ShouldBe(3, "two intervals and the legend");
        bars.Select(b => double.Parse(b.Attribute("y2")!.Value)).ShouldAllBe(y => y >= 50 && y <= 360);
        svg.Elements().Where(e => e.Name.LocalName == "text").Select(e => e.Value).ShouldContain("generations");
    }

    [Fact]
    public void The_axes_have_round_numbers_and_contain_every_value()
    {
        var scale = Scale.Over([0.13, 0.71], 0, 100);

        scale.Ticks.Select(Scale.Label).ShouldBe(["0", "0.2", "0.4", "0.6", "0.8"]);
        scale.At(0.4).ShouldBe(50, 1e-9);
    }

    [Fact]
    public void Negative_values_are_plotted() =>
        Scale.Over([-0.3, 0.9], 0, 1).Ticks.Select(Scale.Label).ShouldBe(["-0.5", "0", "0.5", "1"]);

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(0.001)]
    public void A_single_value_has_an_axis(double value)
    {
        var scale = Scale.Over([value], 0, 100);

        scale.At(value).ShouldBeInRange(0, 100);
        scale.Steps.ShouldBeGreaterThanOrEqualTo(1);
    }
}
