using System.Globalization;
using SPaR.Client;
using Spectre.Console;
using Spectre.Console.Rendering;
using SparTree = SPaR.Client.Tree;
using Tree = Spectre.Console.Tree;

namespace SPaR.Cli.Trees;

/// <summary>A search tree in the terminal: each node with its value and votes, and the words that its refinement removed
/// (<c>-word</c>) and added (<c>+word</c>).</summary>
internal static class TreeDrawing
{
    public static IRenderable Draw(SparTree tree)
    {
        var nodes = tree.Nodes.Where(node => node.Order is not null).ToList();
        var children = nodes.Where(node => node.Parent is not null).ToLookup(node => node.Parent);
        var texts = nodes.ToDictionary(node => node.Path, node => node.Text);
        var root = nodes.Single(node => node.Parent is null);
        var drawing = new Tree(new Markup(Line(tree, root, Markup.Escape(root.Text))));
        AddChildren(drawing, root);
        return drawing;

        void AddChildren(IHasTreeNodes target, Node parent)
        {
            foreach (var child in children[parent.Path])
                AddChildren(target.AddNode(new Markup(Line(tree, child, Changes(texts[parent.Path], child.Text)))), child);
        }
    }

    private static string Line(SparTree tree, Node node, string text)
    {
        var value = node.Value?.ToString("0.0#", CultureInfo.InvariantCulture) ?? "-";
        var colour = node.Value > 0.5 ? "green" : "red";
        var notes = (node.Outcome == NodeOutcome.Reused ? " [grey](seen before)[/]" : "")
            + (node.Chosen ? " [bold green]chosen[/]" : "");
        return $"[bold {colour}]{value}[/] [grey]{Markup.Escape(Votes(tree, node))}[/]  {text}{notes}";
    }

    /// <summary>The verdicts of the last judgement in the order of the votes: <c>YYNYY</c>.</summary>
    public static string Votes(IEnumerable<Judgement> judgements)
    {
        var votes = judgements.MaxBy(judgement => judgement.Attempt)?.Votes.Where(vote => !vote.ByVerifier) ?? [];
        return string.Concat(votes.Select(vote => vote.Verdict.Value switch
        {
            "yes" => 'Y',
            "no" => 'N',
            _ => '?',
        }));
    }

    private static string Votes(SparTree tree, Node node)
    {
        var own = tree.Answers.Where(answer => answer.Subject == node.JudgedAs).SelectMany(answer => answer.Judgements)
            .Concat(tree.Nodes.Where(other => other.Path == node.JudgedAs).SelectMany(other => other.Judgements));
        return Votes(own);
    }

    private static string Changes(string before, string after) => string.Join(' ', WordDiff.Between(before, after).Select(word =>
    {
        var text = Markup.Escape(word.Text);
        return word.Change switch
        {
            WordChange.Removed => $"[red]-{text}[/]",
            WordChange.Added => $"[green]+{text}[/]",
            _ => text,
        };
    }));
}
