using System.Globalization;

namespace SPaR.Cli.Demo;

/// <summary>Where a value lies on an axis of a drawing, and the round numbers that the axis is labelled with.</summary>
/// <param name="Least">A multiple of the step, at most the least value.</param>
/// <param name="Steps">Between ticks, from the least to the most.</param>
/// <param name="From">Place of the least, in pixels.</param>
/// <param name="To">Place of the most.</param>
internal sealed record Scale(double Least, double Step, int Steps, double From, double To)
{
    private const int WantedSteps = 5;

    /// <param name="values">At least one.</param>
    public static Scale Over(IReadOnlyCollection<double> values, double from, double to)
    {
        var (least, most) = (values.Min(), values.Max());
        // One value alone, or the same again and again, has no range: it gets one of its own size.
        var step = Round((most > least ? most - least : Math.Max(Math.Abs(most), 1)) / WantedSteps);
        var first = Math.Floor(least / step);
        var steps = Math.Max(1, (int)(Math.Ceiling(most / step) - first));
        return new(first * step, step, steps, from, to);
    }

    public IEnumerable<double> Ticks => Enumerable.Range(0, Steps + 1).Select(i => Least + (i * Step));

    public double At(double value) => From + ((value - Least) / (Steps * Step) * (To - From));

    // Multiples of a step are rarely what doubles hold: 0.1 + 0.2 is not to be read on an axis.
    public static string Label(double value) => Math.Round(value, 10).ToString("0.######", CultureInfo.InvariantCulture);

    /// <returns>The least of 1, 2, 5 times a power of ten that is not below.</returns>
    private static double Round(double step)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(step)));
        return power * (step / power) switch
        {
            <= 1 => 1,
            <= 2 => 2,
            <= 5 => 5,
            _ => 10,
        };
    }
}
