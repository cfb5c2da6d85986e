using System.CommandLine;
using System.Globalization;
using SPaR.Cli.Trees;
using SPaR.Client;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SPaR.Cli.Commands;

/// <summary><c>spar pairs</c>: lists the pairs of a run, shows how their sides differ, and says what a person thinks of them.</summary>
internal static class PairCommands
{
    private static readonly string[] Columns =
        ["id", "round", "ordinal", "chosen_value", "similarity", "filtered_by", "human.verdict", "human.by"];

    public static Command Create() => new("pairs", "List, show, accept and reject the pairs of a run.")
    {
        List(), Show(), Say("accept", "Accept pairs."), Say("reject", "Reject pairs; recipes and datasets can leave them out."),
    };

    internal static async Task ListAsync(
        Session session, string run, string verdict, int? round, int limit, CancellationToken cancellationToken)
    {
        var rows = await session.Client.EnumeratePairsAsync(
            run, limit: Math.Min(limit, 200), round: round, verdict: verdict, cancellationToken: cancellationToken)
            .Take(limit).ToListAsync(cancellationToken);
        session.Show(rows, () => JsonTable.Of(rows, Columns));
    }

    internal static async Task ShowAsync(Session session, string id, CancellationToken cancellationToken)
    {
        var pair = await session.Client.GetPairAsync(id, cancellationToken);
        session.Show(pair, () => Draw(pair));
    }

    /// <summary>Says it of each pair, over what anybody has said before.</summary>
    internal static async Task SayAsync(
        Session session, IEnumerable<string> ids, string verdict, string? note, CancellationToken cancellationToken)
    {
        var given = new Dictionary<string, GivenVerdict>();
        foreach (var id in ids)
        {
            var present = await PresentAsync(session.Client, id, cancellationToken);
            given[id] = (await session.Client.PutVerdictAsync(
                id, new() { Verdict = verdict, Note = note }, present?.ETag, present is null ? "*" : null, cancellationToken)).Value;
            if (!session.Json)
                session.Terminal.Say($"{id}: {verdict}");
        }

        if (session.Json)
            session.Show(given, () => Text.Empty);
    }

    /// <returns>The verdict that there is; null if there is none.</returns>
    private static async Task<Tagged<GivenVerdict>?> PresentAsync(SparClient client, string id, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetVerdictAsync(id, cancellationToken);
        }
        catch (SparApiException missing) when (missing.Code == "not-found")
        {
            return null;
        }
    }

    private static Rows Draw(SparRow pair)
    {
        var parts = new List<IRenderable>();
        foreach (var message in pair.Messages)
            parts.Add(new Text($"{message.Role}: {message.Content}\n"));
        parts.Add(Changes(pair.Rejected, pair.Chosen));
        parts.Add(new Text(string.Create(
            CultureInfo.InvariantCulture,
            $"\nvalue {pair.RejectedValue} to {pair.ChosenValue}, similarity {pair.Similarity}{Said(pair.Human)}\n")));
        return new Rows(parts);
    }

    private static string Said(GivenVerdict? human) =>
        human is null ? "" : $"; {human.Verdict} by {human.By}{(human.Note is { } note ? $": {note}" : "")}";

    /// <summary>What was taken from the rejected answer and added to it.</summary>
    private static Paragraph Changes(string rejected, string chosen)
    {
        var text = new Paragraph();
        foreach (var word in WordDiff.Between(rejected, chosen))
            text.Append(
                word.Change switch
                {
                    WordChange.Removed => $"-{word.Text} ",
                    WordChange.Added => $"+{word.Text} ",
                    _ => $"{word.Text} ",
                },
                word.Change switch
                {
                    WordChange.Removed => new Style(Color.Red),
                    WordChange.Added => new Style(Color.Green),
                    _ => Style.Plain,
                });
        return text;
    }

    private static Command List()
    {
        var run = new Argument<string>("run") { Description = "The run's id, run_…" };
        IdCompletion.Add(run, Resource.Runs);
        var verdict = new Option<string>("--verdict")
        {
            Description = "Only those with this verdict: accept, reject, edit, or none.",
            DefaultValueFactory = _ => "any",
        };
        var round = new Option<int?>("--round") { Description = "Only those of this round." };
        var limit = new Option<int>("--limit") { Description = "How many.", DefaultValueFactory = _ => 20 };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
                result.AddError("--limit must be 1 or above.");
        });
        return ServiceCommand.Create(
            "list", "List the pairs of a run, in order.", [run, verdict, round, limit],
            (arguments, session, cancellationToken) => ListAsync(
                session, arguments.GetRequiredValue(run), arguments.GetRequiredValue(verdict), arguments.GetValue(round),
                arguments.GetValue(limit), cancellationToken));
    }

    private static Command Show()
    {
        var id = new Argument<string>("pair") { Description = "The pair's id, pair_…" };
        return ServiceCommand.Create(
            "show", "Show a pair: what the chosen answer changes in the rejected one.", [id],
            (arguments, session, cancellationToken) => ShowAsync(session, arguments.GetRequiredValue(id), cancellationToken));
    }

    private static Command Say(string verdict, string description)
    {
        var ids = new Argument<string[]>("pairs") { Description = "Ids, pair_…", Arity = ArgumentArity.OneOrMore };
        var note = new Option<string?>("--note") { Description = "Why." };
        return ServiceCommand.Create(
            verdict, description, [ids, note],
            (arguments, session, cancellationToken) => SayAsync(
                session, arguments.GetRequiredValue(ids), verdict, arguments.GetValue(note), cancellationToken));
    }
}
