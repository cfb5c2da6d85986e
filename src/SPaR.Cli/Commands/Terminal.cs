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
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        // What goes into a file or a pipe is not broken into lines: who reads it there may look for whole ones.
        if (!console.Profile.Out.IsTerminal)
            console.Profile.Width = UnbrokenWidth;
        return console;
    }
}
