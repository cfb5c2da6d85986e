using System.CommandLine;
using SPaR.Cli.Commands;
using SPaR.Cli.Demo;
using SPaR.Cli.Supervision;

var spar = new RootCommand("SPaR: preference pairs by self-play with tree-search refinement.")
{
    DemoCommand.Create(),
    RunCommand.Create(),
    UpCommand.Create(),
};
// Ctrl-C cancels a command; stopping the service and its database in order takes longer than the two seconds that are usual.
return await spar.Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
