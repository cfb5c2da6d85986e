using System.CommandLine;
using System.CommandLine.Help;
using SPaR.Cli.Commands;
using SPaR.Cli.Demo;

// Not a RootCommand: its name would be the file's, and users call ./spar.
var spar = new Command(
    "./spar", "SPaR: preference pairs by self-play with tree-search refinement. Other commands: ./spar setup, ./spar test, ./spar bench.")
{
    new HelpOption(),
    new VersionOption(),
    DemoCommand.Create(),
    RunCommand.Create(),
    TrainCommand.Create(),
    PullCommand.Create(),
    BootstrapCommand.Create(),
    IfevalCommand.Create(),
    KeysCommand.Create(),
    UpCommand.Create(),
};
// Ctrl-C cancels a command. An orderly stop of the service and its database takes longer than the default of two seconds.
return await spar.Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
