using Spectre.Console;

namespace SPaR.Cli.Commands;

/// <summary>A command writes its result to standard output and everything else to standard error.</summary>
internal sealed record Terminal(IAnsiConsole Out, IAnsiConsole Err)
{
    private const int UnbrokenWidth = 1000;

    public static Terminal Open() => new(On(Console.Out), On(Console.Error));

    /// <summary>Writes a line to standard error as is, without reading markup.</summary>
    public void Say(string line) => Err.WriteLine(line);

    private static IAnsiConsole On(TextWriter writer)
    {
        var output = new AnsiConsoleOutput(writer);
        if (output.IsTerminal)
            return AnsiConsole.Create(new() { Out = output });

        // In a file or a pipe there are no colours, and lines are not wrapped: a reader may search for whole lines.
        var console = AnsiConsole.Create(new() { Out = output, Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        console.Profile.Width = UnbrokenWidth;
        return console;
    }
}
