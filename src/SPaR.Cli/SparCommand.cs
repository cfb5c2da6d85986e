using System.CommandLine;
using System.CommandLine.Help;
using SPaR.Cli.Commands;
using SPaR.Cli.Demo;

namespace SPaR.Cli;

/// <summary>Every command of <c>./spar</c> that this program runs.</summary>
internal static class SparCommand
{
    // Not a RootCommand: its name would be the file's, and users call ./spar.
    public static Command Create() => new(
        "./spar",
        "SPaR: preference pairs by self-play with tree-search refinement. Other commands: ./spar setup, ./spar test, ./spar bench.")
    {
        new HelpOption(),
        new VersionOption(),
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
        PairCommands.Create(),
        TreeCommand.Create(),
        LineageCommand.Create(),
        ResourceCommands.Create(Resource.Benchmarks),
        ResourceCommands.Delete("Delete runs, models, datasets and others by their ids, unless something uses them."),
        CompletionCommand.Create(),
        CompletionCommand.Suggest(Create),
        CompletionCommand.Check(Create),
    };
}
