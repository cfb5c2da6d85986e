using Spectre.Console;

namespace SPaR.Cli.Commands;

/// <summary>Where a command writes: what was asked for to standard output, everything else to standard error.</summary>
internal sealed record Terminal(IAnsiConsole Out, IAnsiConsole Err)
{
    private const int UnbrokenWidth = 1000;

    public static Terminal Open() => new(On(Console.Out), On(Console.Error));

    /// <summary>A line on standard error, as it is: no markup is read in it.</summary>
    public void Say(string line) => Err.WriteLine(line);

    private static IAnsiConsole On(TextWriter writer)
    {
        var output = new AnsiConsoleOutput(writer);
        if (output.IsTerminal)
            return AnsiConsole.Create(new() { Out = output });

        // What goes into a file or a pipe has no colours, and no lines are broken: who reads it there may look for whole ones.
        var console = AnsiConsole.Create(new() { Out = output, Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        console.Profile.Width = UnbrokenWidth;
        return console;
    }
}
