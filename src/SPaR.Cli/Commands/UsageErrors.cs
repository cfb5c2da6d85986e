using System.CommandLine;
using System.CommandLine.Parsing;

namespace SPaR.Cli.Commands;

/// <summary>Says on standard error what is wrong with a command line, and what was probably meant.</summary>
internal static class UsageErrors
{
    /// <summary>Changes of one character between what was typed and what is suggested.</summary>
    private const int Distance = 2;

    public static int Show(ParseResult parsed, TextWriter error)
    {
        var path = Path(parsed.CommandResult);
        if (parsed.UnmatchedTokens is [] && parsed.CommandResult.Command is { Action: null, Subcommands.Count: > 0 } group)
        {
            error.WriteLine($"error: {path} needs a command: {string.Join(", ", Visible(group))}.");
        }
        else
        {
            // A mistyped command is also a missing one; the first of its errors says only that.
            var missing = parsed.UnmatchedTokens.Count > 0 && parsed.CommandResult.Command.Action is null ? 1 : 0;
            foreach (var message in parsed.Errors.Skip(missing).Select(e => e.Message).Distinct())
                error.WriteLine($"error: {message}");
        }

        foreach (var token in parsed.UnmatchedTokens)
            if (Suggest(token, parsed.CommandResult.Command) is [_, ..] close)
                error.WriteLine($"Did you mean {string.Join(" or ", close)}?");
        error.WriteLine($"See {path} --help.");
        return CommandEnd.Usage;
    }

    /// <returns>The commands and options that are written almost like the token, the nearest first.</returns>
    internal static IReadOnlyList<string> Suggest(string token, Command command) =>
    [
        .. Visible(command).Concat(OptionsOf(command))
            .Select(name => (Name: name, Distance: EditDistance(token, name)))
            .Where(near => near.Distance <= Math.Min(Distance, near.Name.Length / 2)).OrderBy(near => near.Distance)
            .Select(near => near.Name),
    ];

    /// <summary>Its own, and those that it has from the commands above.</summary>
    private static IEnumerable<string> OptionsOf(Command command) => command.Options
        .Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(option => option.Recursive)))
        .Select(option => option.Name);

    private static IEnumerable<string> Visible(Command command) => command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name);

    private static string Path(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{Path(parent)} {result.Command.Name}" : result.Command.Name;

    /// <summary>Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).</summary>
    private static int EditDistance(string a, string b)
    {
        var costs = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    costs[i, j] = i + j;
                    continue;
                }

                var substituted = costs[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                costs[i, j] = Math.Min(substituted, 1 + Math.Min(costs[i - 1, j], costs[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    costs[i, j] = Math.Min(costs[i, j], 1 + costs[i - 2, j - 2]);
            }

        return costs[a.Length, b.Length];
    }
}
