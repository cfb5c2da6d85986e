using System.CommandLine;
using System.CommandLine.Parsing;
using SPaR.Cli.Supervision;

namespace SPaR.Cli.Commands;

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
                using var client = ServiceKey.Connect(SparOptions.OfThisClone(), arguments.GetValue(url));
                var session = new Session(client, terminal, shows && arguments.GetValue(json), TimeProvider.System);
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
