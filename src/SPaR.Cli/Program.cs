using System.CommandLine.Invocation;
using SPaR.Cli;
using SPaR.Cli.Commands;

var parsed = SparCommand.Create().Parse(args);
if (parsed.Action is ParseErrorAction)
    return UsageErrors.Show(parsed, Console.Error);
// Ctrl-C cancels a command. An orderly stop of the service and its database takes longer than the default of two seconds.
return await parsed.InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
