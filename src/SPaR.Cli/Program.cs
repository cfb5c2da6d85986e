using System.CommandLine;
using System.CommandLine.Help;
using SPaR.Cli.Commands;
using SPaR.Cli.Demo;

// Not a RootCommand: that one is named after the file, and this program is called as ./spar.
var spar = new Command(
    "./spar", "SPaR: preference pairs by self-play with tree-search refinement. Beside the commands below: ./spar setup, ./spar test, ./spar bench.")
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
// Ctrl-C cancels a command; stopping the service and its database in order takes longer than the two seconds that are usual.
return await spar.Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
