using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Cli.Client;
using SPaR.Cli.Supervision;
using Spectre.Console.Rendering;

namespace SPaR.Cli.Commands;

/// <summary>What a command works with: a service, and a terminal.</summary>
/// <param name="Json">Whether results are printed as JSON.</param>
internal sealed record Session(SparClient Client, Terminal Terminal, bool Json, TimeProvider Time)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Prints a result on standard output.</summary>
    public void Show(JsonNode result, Func<IRenderable> draw)
    {
        if (Json)
            Terminal.Out.Profile.Out.Writer.WriteLine(result.ToJsonString(Indented));
        else
            Terminal.Out.Write(draw());
    }
}

/// <summary>A command that uses a running service: all of them take <c>--url</c>, and those that show something <c>--json</c>.</summary>
internal static class ServiceCommand
{
    /// <param name="symbols">Its arguments and options.</param>
    /// <param name="shows">Whether it prints a result.</param>
    public static Command Create(
        string name, string description, IEnumerable<Symbol> symbols, Func<ParseResult, Session, CancellationToken, Task> run,
        bool shows = true)
    {
        var url = new Option<Uri?>("--url")
        {
            Description = "The service's address. Default: the service of this clone.",
            CustomParser = ReadUrl,
        };
        var json = new Option<bool>("--json") { Description = "Print JSON on standard output." };
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
                command.Arguments.Add(argument);
            else
                command.Options.Add((Option)symbol);
        }

        command.Options.Add(url);
        if (shows)
            command.Options.Add(json);
        command.SetAction((arguments, cancellationToken) =>
        {
            var terminal = Terminal.Open();
            return CommandEnd.OfAsync(terminal, ConnectAndRunAsync, cancellationToken);

            async Task ConnectAndRunAsync()
            {
                using var http = ServiceKey.Connect(SparOptions.OfThisClone(), arguments.GetValue(url));
                var session = new Session(new(http), terminal, shows && arguments.GetValue(json), TimeProvider.System);
                await run(arguments, session, cancellationToken);
            }
        });
        return command;
    }

    private static Uri? ReadUrl(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            return url;
        result.AddError($"--url must be an address such as http://127.0.0.1:8765, not '{text}'.");
        return null;
    }
}
