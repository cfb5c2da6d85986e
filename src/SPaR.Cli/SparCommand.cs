using System.CommandLine;
using System.CommandLine.Help;
using SPaR.Cli.Commands;
using SPaR.Cli.Demo;
using SPaR.Cli.Supervision;

namespace SPaR.Cli;

/// <summary>Every command of <c>./spar</c> that this program runs.</summary>
internal static class SparCommand
{
    private const string What = "SPaR: preference pairs by self-play with tree-search refinement.";

    // Not a RootCommand: its name would be the file's, and users call ./spar, or spar where the tool is installed.
    public static Command Create() => SparOptions.IfInClone() is null
        ? With(new("spar", $"{What} This is the installed tool: it uses a running service, named by --url or SPAR_URL."))
        : With(new("./spar", $"{What} Other commands: ./spar setup, ./spar test, ./spar bench."));

    private static Command With(Command spar)
    {
        spar.Options.Add(new HelpOption());
        spar.Options.Add(new VersionOption());
        foreach (var command in Commands())
            spar.Subcommands.Add(command);
        return spar;
    }

    private static IEnumerable<Command> Commands() =>
    [
        DemoCommand.Create(),
        StatusCommand.Create(),
        RunCommand.Create(),
        ExportCommand.Create(),
        RefineCommand.Create(),
        TrainCommand.Create(),
        EvaluateCommand.Create(),
        CompareCommand.Create(),
        PullCommand.Create(),
        ConvertCommands.Import(),
        ConvertCommands.Convert(),
        ConvertCommands.Quantise(),
        BootstrapCommand.Create(),
        IfevalCommand.Create(),
        KeysCommand.Create(),
        UpCommand.Create(),
        ResourceCommands.Create(Resource.Runs),
        ResourceCommands.Create(Resource.Trainings),
        ResourceCommands.Create(Resource.Evaluations),
        ResourceCommands.Create(Resource.Conversions),
        ResourceCommands.Create(Resource.Models),
        ResourceCommands.Create(Resource.Instructions),
        DatasetCommands.Create(),
        JobCommands.Create(),
        PairCommands.Create(),
        TreeCommand.Create(),
        LineageCommand.Create(),
        ResourceCommands.Create(Resource.Benchmarks),
        ResourceCommands.Delete("Delete runs, models, datasets and others by their ids, unless something uses them."),
        CompletionCommand.Create(),
        CompletionCommand.Suggest(Create),
        CompletionCommand.Check(Create),
    ];
}
