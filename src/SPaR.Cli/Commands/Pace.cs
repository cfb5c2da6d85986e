using System.Globalization;

namespace SPaR.Cli.Commands;

/// <summary>How fast, and how long still, in words.</summary>
internal static class Pace
{
    /// <returns>", 12.3 tokens/s, 4 min left"; what is not known is left out.</returns>
    public static string Of(double? tokensPerSecond, double? secondsLeft) =>
        (tokensPerSecond > 0 ? string.Create(CultureInfo.InvariantCulture, $", {tokensPerSecond:#,0.#} tokens/s") : "")
        + (secondsLeft is { } left ? $", {Time(left)} left" : "");

    /// <returns>"45 s", "12 min" or "3 h 20 min".</returns>
    public static string Time(double seconds) => seconds switch
    {
        < 90 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s"),
        < 5400 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(seconds / 3600):0} h {seconds % 3600 / 60:0} min"),
    };
}
