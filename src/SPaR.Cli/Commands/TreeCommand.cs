using System.CommandLine;
using SPaR.Cli.Trees;
using Spectre.Console;

namespace SPaR.Cli.Commands;

/// <summary><c>spar tree</c>: lists the search trees of a run's round, or draws one.</summary>
internal static class TreeCommand
{
    private static readonly string[] Columns = ["instruction_id", "ordinal", "state", "detail", "nodes", "best_value"];

    public static Command Create()
    {
        var run = new Argument<string>("run") { Description = "The run's id." };
        IdCompletion.Add(run, Resource.Runs);
        var instruction = new Argument<string?>("instruction")
        {
            Description = "The id of an instruction, whose tree is drawn. Without it, all trees of the round are listed.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var round = new Option<int>("--round") { Description = "The round. Default: 1.", DefaultValueFactory = _ => 1 };
        return ServiceCommand.Create(
            "tree", "Draw the search tree of an instruction, or list the trees of a run.", [run, instruction, round],
            (arguments, session, cancellationToken) => arguments.GetValue(instruction) is { } id
                ? DrawAsync(session, arguments.GetRequiredValue(run), id, arguments.GetValue(round), cancellationToken)
                : ListAsync(session, arguments.GetRequiredValue(run), arguments.GetValue(round), cancellationToken));
    }

    internal static async Task ListAsync(Session session, string run, int round, CancellationToken cancellationToken)
    {
        var rows = await session.Client.EnumerateTreesAsync(run, limit: 200, round: round, cancellationToken: cancellationToken)
            .ToListAsync(cancellationToken);
        session.Show(rows, () => JsonTable.Of(rows, Columns));
    }

    internal static async Task DrawAsync(
        Session session, string run, string instruction, int round, CancellationToken cancellationToken)
    {
        var tree = await session.Client.GetTreeAsync(run, instruction, round, cancellationToken);
        session.Show(tree, () => tree.Nodes.Any(node => node.Order is not null)
            ? TreeDrawing.Draw(tree)
            : new Text("It has no tree, as no answer was judged bad.\n"));
    }
}
