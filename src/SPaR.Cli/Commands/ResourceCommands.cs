using System.CommandLine;
using Spectre.Console;

namespace SPaR.Cli.Commands;

/// <summary>The commands that every stored thing has: list, show, delete, and what its status allows.</summary>
internal static class ResourceCommands
{
    private const int PageSize = 200;

    public static Command Create(Resource resource)
    {
        var more = resource.Moves.Count > 0 ? "wait for, control" : "show";
        var group = new Command(resource.Command, $"List, {more} and delete {resource.Command}.")
        {
            List(resource), Show(resource), Delete($"Delete a {resource.What}, unless something uses it."),
        };
        if (resource.Moves.Count > 0)
            group.Add(Wait(resource));
        foreach (var (name, move) in resource.Moves)
            group.Add(Change(resource, name, move));
        return group;
    }

    /// <summary><c>spar delete</c>, and the same under each resource.</summary>
    public static Command Delete(string description)
    {
        var ids = new Argument<string[]>("ids") { Description = "Ids.", Arity = ArgumentArity.OneOrMore };
        var file = new Option<bool>("--file") { Description = "Of a trained or converted model, or an export: delete its files too." };
        return ServiceCommand.Create(
            "delete", description, [ids, file],
            async (arguments, session, cancellationToken) =>
            {
                foreach (var id in arguments.GetRequiredValue(ids))
                    await DeleteAsync(session, id, arguments.GetValue(file), cancellationToken);
                if (session.Json)
                    session.Show(new { deleted = arguments.GetRequiredValue(ids) }, () => Text.Empty);
            });
    }

    internal static async Task ListAsync(Session session, Resource resource, int limit, CancellationToken cancellationToken)
    {
        var rows = await resource.List(session.Client, Math.Min(limit, PageSize), cancellationToken).Take(limit)
            .ToListAsync(cancellationToken);
        session.Show(rows, () => JsonTable.Of(rows, resource.Columns));
    }

    internal static async Task DeleteAsync(Session session, string id, bool file, CancellationToken cancellationToken)
    {
        await Resource.Of(id).Delete(session.Client, id, file, cancellationToken);
        if (!session.Json)
            session.Terminal.Say($"deleted {id}");
    }

    private static Command List(Resource resource)
    {
        var limit = new Option<int>("--limit") { Description = "How many, the newest first.", DefaultValueFactory = _ => 20 };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
                result.AddError("--limit must be 1 or above.");
        });
        return ServiceCommand.Create(
            "list", $"List {resource.Command}, the newest first.", [limit],
            (arguments, session, cancellationToken) => ListAsync(session, resource, arguments.GetValue(limit), cancellationToken));
    }

    private static Command Show(Resource resource)
    {
        var id = Id(resource);
        return ServiceCommand.Create(
            "show", $"Show everything that is known of a {resource.What}.", [id],
            async (arguments, session, cancellationToken) =>
            {
                var found = await resource.Get(session.Client, arguments.GetRequiredValue(id), cancellationToken);
                session.Show(found, () => JsonTable.OfFields(found));
            });
    }

    private static Command Wait(Resource resource)
    {
        var id = Id(resource);
        return ServiceCommand.Create(
            "wait", $"Follow a {resource.What} until it ends.", [id],
            (arguments, session, cancellationToken) => WaitAsync(session, resource, arguments.GetRequiredValue(id), cancellationToken));
    }

    private static async Task WaitAsync(Session session, Resource resource, string id, CancellationToken cancellationToken)
    {
        var (client, terminal, time) = (session.Client, session.Terminal, session.Time);
        Task follow = resource.Prefix switch
        {
            "run_" => new RunFollower(client, terminal, time).FollowAsync(id, cancellationToken),
            "trn_" => TrainCommand.FollowAsync(client, id, terminal, time, cancellationToken),
            "cnv_" => ConvertCommands.FollowAsync(client, id, terminal, time, cancellationToken),
            _ => EvaluateCommand.FollowAsync(client, id, terminal, time, cancellationToken),
        };
        await follow;
        if (session.Json)
            session.Show(await resource.Get(client, id, cancellationToken), () => Text.Empty);
    }

    private static Command Change(Resource resource, string name, Move move)
    {
        var id = Id(resource);
        return ServiceCommand.Create(
            name, $"{char.ToUpperInvariant(name[0])}{name[1..]} a {resource.What}.", [id],
            async (arguments, session, cancellationToken) =>
            {
                var moved = await move(session.Client, arguments.GetRequiredValue(id), cancellationToken);
                session.Show(moved, () => new Text($"{Session.Fields(moved)["id"]} is {Session.Fields(moved)["status"]}\n"));
            });
    }

    private static Argument<string> Id(Resource resource)
    {
        var id = new Argument<string>("id") { Description = $"The {resource.What}'s id, {resource.Prefix}…" };
        IdCompletion.Add(id, resource);
        id.Validators.Add(result =>
        {
            if (!result.GetValueOrDefault<string>().StartsWith(resource.Prefix, StringComparison.Ordinal))
                result.AddError($"The id of a {resource.What} starts with {resource.Prefix}; see ./spar {resource.Command} list.");
        });
        return id;
    }
}
