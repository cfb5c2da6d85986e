using System.CommandLine;
using System.CommandLine.Parsing;
using SPaR.Cli.Supervision;

namespace SPaR.Cli.Commands;

/// <summary>A command that uses a running service: all of them take <c>--url</c> and <c>--json</c>.</summary>
internal static class ServiceCommand
{
    private const string Variable = "SPAR_URL";

    /// <param name="symbols">Its arguments and options.</param>
    public static Command Create(
        string name, string description, IEnumerable<Symbol> symbols, Func<ParseResult, Session, CancellationToken, Task> run)
    {
        var url = new Option<Uri?>("--url")
        {
            Description = $"The service's address. Default: {Variable}, or the service of this clone.",
            CustomParser = ReadUrl,
            DefaultValueFactory = ReadVariable,
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
        command.Options.Add(json);
        command.SetAction((arguments, cancellationToken) =>
        {
            var terminal = Terminal.Open();
            return CommandEnd.OfAsync(terminal, ConnectAndRunAsync, cancellationToken);

            async Task ConnectAndRunAsync()
            {
                using var client = ServiceKey.Connect(SparOptions.IfInClone(), arguments.GetValue(url));
                var session = new Session(client, terminal, arguments.GetValue(json), TimeProvider.System);
                await run(arguments, session, cancellationToken);
            }
        });
        return command;
    }

    private static Uri? ReadUrl(ArgumentResult result) => Read("--url", result.Tokens[0].Value, result);

    private static Uri? ReadVariable(ArgumentResult result) =>
        Environment.GetEnvironmentVariable(Variable)?.Trim() is { Length: > 0 } text ? Read(Variable, text, result) : null;

    /// <returns>Null if the environment names no service, or none that can be read.</returns>
    public static Uri? OfEnvironment() =>
        Uri.TryCreate(Environment.GetEnvironmentVariable(Variable)?.Trim(), UriKind.Absolute, out var url) ? url : null;

    private static Uri? Read(string name, string text, ArgumentResult result)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            return url;
        result.AddError($"{name} must be an address such as http://127.0.0.1:8765, not '{text}'.");
        return null;
    }
}
