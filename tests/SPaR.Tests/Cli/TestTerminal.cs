using SPaR.Cli.Commands;
using Spectre.Console;

namespace SPaR.Tests.Cli;

/// <summary>A terminal without colours that keeps what is written to it.</summary>
internal sealed class TestTerminal : IDisposable
{
    private readonly StringWriter _out = new();
    private readonly StringWriter _err = new();

    public TestTerminal() => Terminal = new(On(_out), On(_err));

    public Terminal Terminal { get; }

    public string Out => _out.ToString();

    public string Err => _err.ToString();

    public void Dispose()
    {
        _out.Dispose();
        _err.Dispose();
    }

    private static IAnsiConsole On(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = 160;
        console.Profile.Capabilities.Unicode = true;
        return console;
    }
}
