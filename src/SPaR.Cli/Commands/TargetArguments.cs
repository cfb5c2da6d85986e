using System.CommandLine;
using SPaR.Client;

namespace SPaR.Cli.Commands;

/// <summary>The options that say when self-play has enough.</summary>
internal sealed class TargetArguments
{
    private readonly Option<int?> _pairs = new("--pairs") { Description = "End a round's self-play when it has so many pairs." };

    private readonly Option<long?> _seconds = new("--max-seconds")
    {
        Description = "Start no more instructions so many seconds after the run's start.",
    };

    private readonly Option<long?> _tokens = new("--max-tokens") { Description = "Likewise after so many tokens." };

    public IReadOnlyList<Option> Options => [_pairs, _seconds, _tokens];

    /// <returns>Null if none of them is given.</returns>
    public RunTarget? Of(ParseResult arguments)
    {
        var target = new RunTarget
        {
            Pairs = arguments.GetValue(_pairs),
            Seconds = arguments.GetValue(_seconds),
            Tokens = arguments.GetValue(_tokens),
        };
        return target == new RunTarget() ? null : target;
    }
}
