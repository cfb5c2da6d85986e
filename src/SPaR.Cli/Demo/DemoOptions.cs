using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace SPaR.Cli.Demo;

/// <param name="Seed">Of the instructions and of the run.</param>
/// <param name="Instructions">Fresh ones in every round.</param>
/// <param name="Ablation">Whether the sources of pairs are compared after the run.</param>
internal sealed record DemoOptions(bool Json, bool Keep, long Seed, int Instructions, int Rounds = 3, bool Ablation = false)
{
    /// <summary>As many as the service takes.</summary>
    private const int MostRounds = 20;

    private const int MostInstructions = 100_000;

    /// <summary>A JSON reader that knows doubles only holds no larger whole number exactly.</summary>
    private const long MostSeed = (1L << 53) - 1;

    /// <returns>The command's options, checked as far as each stands alone, and how to read them all.</returns>
    public static (Option[] Options, Func<ParseResult, DemoOptions> Read) Declare()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object on standard output and nothing else there." };
        var keep = new Option<bool>("--keep") { Description = "Leave the service running afterwards, until Ctrl-C." };
        var ablation = new Option<bool>("--ablation")
        {
            Description = "Compare pairs of refined answers, pairs of independent answers and imitation, by one training each.",
        };
        var seed = Number("--seed", "Seed of the instructions and of the run", 1, 0, MostSeed);
        var instructions = Number("--instructions", "How many instructions to generate for each round", 250, 1, MostInstructions);
        var rounds = Number("--rounds", "How many rounds of self-play and training", 3, 1, MostRounds);
        return ([rounds, instructions, seed, ablation, json, keep], arguments => new(
            arguments.GetValue(json), arguments.GetValue(keep), arguments.GetValue(seed), arguments.GetValue(instructions),
            arguments.GetValue(rounds), arguments.GetValue(ablation)));
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

                result.AddError($"{name} is {given}; it must be a whole number from {least} to {most}.");
                return otherwise;
            },
        };
}
