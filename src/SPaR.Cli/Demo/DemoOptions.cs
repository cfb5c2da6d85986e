using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace SPaR.Cli.Demo;

/// <param name="Seed">The seed of the instructions and of the run.</param>
/// <param name="Instructions">New instructions per round.</param>
/// <param name="HeldOut">Held-out items that measure every round.</param>
/// <param name="Ablation">Whether to compare the sources of pairs after the run.</param>
internal sealed record DemoOptions(
    bool Json, bool Keep, long Seed, int Instructions, int Rounds = 3, int HeldOut = DemoOptions.MostHeldOut, bool Ablation = false)
{
    /// <summary>The benchmark's items.</summary>
    public const int MostHeldOut = 700;

    /// <summary>The service's limit.</summary>
    private const int MostRounds = 20;

    private const int MostInstructions = 100_000;

    /// <summary>The largest integer that a JSON reader with doubles represents exactly.</summary>
    private const long MostSeed = (1L << 53) - 1;

    /// <returns>The command's options, each validated by itself, and a function that reads them.</returns>
    public static (Option[] Options, Func<ParseResult, DemoOptions> Read) Declare()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object on standard output." };
        var keep = new Option<bool>("--keep") { Description = "Keep the service running until Ctrl-C." };
        var ablation = new Option<bool>("--ablation")
        {
            Description = "Compare refined pairs, independent pairs and imitation, with one training each.",
        };
        var seed = Number("--seed", "The random seed", 1, 0, MostSeed);
        var instructions = Number("--instructions", "The number of instructions per round", 250, 1, MostInstructions);
        var rounds = Number("--rounds", "The number of rounds", 3, 1, MostRounds);
        var heldOut = Number(
            "--held-out", "The number of held-out items, instructions and drafts, that measure every round", MostHeldOut, 1, MostHeldOut);
        return ([rounds, instructions, heldOut, seed, ablation, json, keep], arguments => new(
            arguments.GetValue(json), arguments.GetValue(keep), arguments.GetValue(seed), arguments.GetValue(instructions),
            arguments.GetValue(rounds), arguments.GetValue(heldOut), arguments.GetValue(ablation)));
    }

    private static Option<T> Number<T>(string name, string description, T otherwise, T least, T most)
        where T : IBinaryInteger<T> => new(name)
        {
            Description = $"{description}, {least} to {most}.",
            DefaultValueFactory = _ => otherwise,
            CustomParser = result =>
            {
                var given = result.Tokens[0].Value;
                if (T.TryParse(given, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
                    && value >= least && value <= most)
                {
                    return value;
                }

                result.AddError($"{name} must be a whole number from {least} to {most}, not {given}.");
                return otherwise;
            },
        };
}
