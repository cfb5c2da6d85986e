using System.Globalization;
using System.Xml.Linq;

namespace SPaR.Cli.Demo;

/// <param name="Points">Steps and values, in the order of the steps.</param>
internal sealed record CurveLine(string Label, IReadOnlyList<(double Step, double Value)> Points)
{
    /// <summary>One for each point, drawn as an error bar; null for a plain line.</summary>
    public IReadOnlyList<(double Low, double High)>? Intervals { get; init; }
}

/// <summary>Curves as an SVG: axes with round numbers, and a line and a label for each curve.</summary>
/// <param name="Name">The file's name without extension.</param>
/// <param name="Axis">The label of the vertical axis.</param>
/// <param name="Lines">At least one, none of them empty.</param>
internal sealed record CurveDrawing(string Name, string Title, string Axis, IReadOnlyList<CurveLine> Lines)
{
    /// <summary>The label of the horizontal axis.</summary>
    public string Across { get; init; } = "step";

    private const int Width = 720;
    private const int Height = 420;
    private const int Left = 70;
    private const int Right = 600;
    private const int Top = 50;
    private const int Bottom = 360;

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    // Distinguishable with every common form of colour blindness (Okabe and Ito).
    private static readonly string[] Colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

    public string ToSvg()
    {
        var points = Lines.SelectMany(line => line.Points).ToList();
        var across = Scale.Over([.. points.Select(point => point.Step)], Left, Right);
        var ends = Lines.SelectMany(line => line.Intervals ?? []).SelectMany(interval => new[] { interval.Low, interval.High });
        var up = Scale.Over([.. points.Select(point => point.Value).Concat(ends)], Bottom, Top);
        var drawing = new XElement(
            Svg + "svg",
            new XAttribute("viewBox", $"0 0 {Width} {Height}"), new XAttribute("width", Width), new XAttribute("height", Height),
            new XAttribute("font-family", "sans-serif"), new XAttribute("font-size", 12),
            new XElement(Svg + "title", Title),
            new XElement(Svg + "rect", new XAttribute("width", Width), new XAttribute("height", Height), new XAttribute("fill", "white")),
            Text((Left + Right) / 2.0, 28, "middle", Title, ("font-size", "16")),
            Text((Left + Right) / 2.0, Height - 20, "middle", Across),
            Text(20, (Top + Bottom) / 2.0, "middle", Axis, ("transform", $"rotate(-90 20 {(Top + Bottom) / 2})")),
            across.Ticks.SelectMany(tick => Tick(across.At(tick), Scale.Label(tick))),
            up.Ticks.SelectMany(tick => Grid(up.At(tick), Scale.Label(tick))),
            Line(Left, Bottom, Right, Bottom, "#000000"),
            Line(Left, Top, Left, Bottom, "#000000"),
            Lines.SelectMany((line, i) => Curve(line, i, across, up)));
        return drawing + "\n";
    }

    private static IEnumerable<XElement> Curve(CurveLine line, int index, Scale across, Scale up)
    {
        var colour = Colours[index % Colours.Length];
        var places = line.Points.Select(point => $"{Number(across.At(point.Step))},{Number(up.At(point.Value))}");
        yield return new(
            Svg + "polyline", new XAttribute("points", string.Join(' ', places)), new XAttribute("fill", "none"),
            new XAttribute("stroke", colour), new XAttribute("stroke-width", 2));
        foreach (var ((step, value), (low, high)) in line.Points.Zip(line.Intervals ?? []))
        {
            yield return Line(across.At(step), up.At(low), across.At(step), up.At(high), colour);
            yield return new(
                Svg + "circle", new XAttribute("cx", Number(across.At(step))), new XAttribute("cy", Number(up.At(value))),
                new XAttribute("r", 3), new XAttribute("fill", colour));
        }

        var y = Top + 10 + (20 * index);
        yield return Line(Right + 15, y - 4, Right + 35, y - 4, colour);
        yield return Text(Right + 42, y, "start", line.Label);
    }

    private static IEnumerable<XElement> Tick(double x, string label)
    {
        yield return Line(x, Bottom, x, Bottom + 6, "#000000");
        yield return Text(x, Bottom + 20, "middle", label);
    }

    private static IEnumerable<XElement> Grid(double y, string label)
    {
        yield return Line(Left, y, Right, y, "#dddddd");
        yield return Text(Left - 8, y + 4, "end", label);
    }

    private static XElement Line(double x1, double y1, double x2, double y2, string colour) => new(
        Svg + "line", new XAttribute("x1", Number(x1)), new XAttribute("y1", Number(y1)), new XAttribute("x2", Number(x2)),
        new XAttribute("y2", Number(y2)), new XAttribute("stroke", colour));

    private static XElement Text(double x, double y, string anchor, string text, params (string Name, string Value)[] more) => new(
        Svg + "text", new XAttribute("x", Number(x)), new XAttribute("y", Number(y)), new XAttribute("text-anchor", anchor),
        more.Select(attribute => new XAttribute(attribute.Name, attribute.Value)), text);

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
