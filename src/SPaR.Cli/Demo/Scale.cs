using System.Globalization;

namespace SPaR.Cli.Demo;

/// <summary>Maps values to pixels on an axis, and labels the axis with round numbers.</summary>
/// <param name="Least">The first tick: a multiple of the step, not above any value.</param>
/// <param name="Steps">The number of steps between the first and the last tick.</param>
/// <param name="From">The pixel of the first tick.</param>
/// <param name="To">The pixel of the last tick.</param>
internal sealed record Scale(double Least, double Step, int Steps, double From, double To)
{
    private const int WantedSteps = 5;

    /// <param name="values">At least one.</param>
    public static Scale Over(IReadOnlyCollection<double> values, double from, double to)
    {
        var (least, most) = (values.Min(), values.Max());
        // A single or constant value has no range; it gets one of its own size.
        var step = Round((most > least ? most - least : Math.Max(Math.Abs(most), 1)) / WantedSteps);
        var first = Math.Floor(least / step);
        var steps = Math.Max(1, (int)(Math.Ceiling(most / step) - first));
        return new(first * step, step, steps, from, to);
    }

    public IEnumerable<double> Ticks => Enumerable.Range(0, Steps + 1).Select(i => Least + (i * Step));

    public double At(double value) => From + ((value - Least) / (Steps * Step) * (To - From));

    // Rounded, so that 0.1 + 0.2 does not show as 0.30000000000000004.
    public static string Label(double value) => Math.Round(value, 10).ToString("0.######", CultureInfo.InvariantCulture);

    /// <returns>The smallest of 1, 2, 5 times a power of ten that is at least <paramref name="step"/>.</returns>
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
