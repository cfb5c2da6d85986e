using System.CommandLine;

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
        var seed = new Option<long>("--seed")
        {
            Description = "Seed of the instructions and of the run.",
            DefaultValueFactory = _ => 1,
        };
        var instructions = new Option<int>("--instructions")
        {
            Description = "How many instructions to generate for each round.",
            DefaultValueFactory = _ => 250,
        };
        var rounds = new Option<int>("--rounds")
        {
            Description = $"How many rounds of self-play and training, 1 to {MostRounds}.",
            DefaultValueFactory = _ => 3,
        };
        Within(seed, 0, MostSeed);
        Within(instructions, 1, MostInstructions);
        Within(rounds, 1, MostRounds);
        return ([rounds, instructions, seed, ablation, json, keep], arguments => new(
            arguments.GetValue(json), arguments.GetValue(keep), arguments.GetValue(seed), arguments.GetValue(instructions),
            arguments.GetValue(rounds), arguments.GetValue(ablation)));
    }

    private static void Within<T>(Option<T> option, T least, T most)
        where T : IComparable<T> => option.Validators.Add(result =>
        {
            if (result.Errors.Any() || result.GetValueOrDefault<T>() is not { } value)
                return;
            if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
                result.AddError($"{option.Name} is {value}; it must be {least} to {most}.");
        });
}
