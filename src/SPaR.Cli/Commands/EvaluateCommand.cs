using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using SPaR.Cli.Client;
using Spectre.Console;

namespace SPaR.Cli.Commands;

/// <summary><c>spar eval</c>: measures a model with a benchmark, and follows the evaluation to its end.</summary>
internal static class EvaluateCommand
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = ModelNames.Description };
        var benchmark = new Option<string>("--benchmark") { Description = "A benchmark: ifeval, exact-match, …", Required = true };
        var data = new Option<string?>("--data") { Description = "Its items: a file (docs/files.md), or the id of an upload, bmk_…" };
        var recipe = new Option<string?>("--recipe") { Description = "A recipe: a JSON file, or a name from /v1/recipes." };
        var limit = new Option<int?>("--limit") { Description = "Measure only the first items." };
        var seed = new Option<long?>("--seed") { Description = "The random seed." };
        Option<string?>[] texts =
        [
            new("--refiner") { Description = "The refiner, where one is used." },
            new("--judge") { Description = "The judge, where one is asked. Default: the refiner." },
            new("--decoding") { Description = "greedy (the default), sample, best-of-n, bfs or dfs." },
            new("--name") { Description = "The evaluation's name." },
        ];
        var upload = new UploadArguments();
        return ServiceCommand.Create(
            "eval", "Measure a model with a benchmark.", [model, benchmark, data, recipe, limit, seed, .. texts, .. upload.Options],
            async (arguments, session, cancellationToken) =>
            {
                var request = new JsonObject
                {
                    ["benchmark"] = arguments.GetRequiredValue(benchmark),
                    ["data"] = await DataAsync(
                        session, arguments.GetRequiredValue(benchmark), arguments.GetValue(data), upload.Query(arguments),
                        cancellationToken),
                    ["recipe"] = RunCommand.ReadRecipe(arguments.GetValue(recipe)),
                    ["limit"] = arguments.GetValue(limit),
                    ["seed"] = arguments.GetValue(seed),
                };
                foreach (var text in texts)
                    request[text.Name[2..]] = arguments.GetValue(text);
                await RunAsync(session, arguments.GetRequiredValue(model), request, cancellationToken);
            });
    }

    internal static async Task RunAsync(Session session, string model, JsonObject request, CancellationToken cancellationToken)
    {
        request["model"] = await ModelNames.IdAsync(session.Client, model, null, cancellationToken);
        foreach (var role in new[] { "refiner", "judge" })
            if (request[role]?.GetValue<string>() is { } named)
                request[role] = await ModelNames.IdAsync(session.Client, named, null, cancellationToken);
        var started = await session.Client.PostJsonAsync(Resource.Evaluations.Path, request, cancellationToken);
        var id = started["id"]!.GetValue<string>();
        session.Terminal.Say($"Evaluation {id}. Ctrl-C stops waiting; ./spar evaluations wait {id} goes on.");
        var ended = await FollowAsync(session.Client, id, session.Terminal, session.Time, cancellationToken);
        session.Show(ended, () => Draw(ended));
    }

    /// <returns>The evaluation as it ended.</returns>
    /// <exception cref="CommandException">It failed or was cancelled.</exception>
    internal static async Task<JsonNode> FollowAsync(
        SparClient client, string id, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        var shown = "";
        var since = time.GetTimestamp();
        while (true)
        {
            var now = await client.JsonAsync(HttpMethod.Get, Resource.Evaluations.Address(id), cancellationToken);
            var status = now["status"]!.GetValue<string>();
            var ended = status is "succeeded" or "failed" or "cancelled";
            if (Line(now) is var line && line != shown && (ended || shown.Length == 0 || time.GetElapsedTime(since) >= BetweenLines))
            {
                terminal.Say(line);
                (shown, since) = (line, time.GetTimestamp());
            }

            if (status == "succeeded")
                return now;
            if (ended)
                throw new CommandException(
                    $"The evaluation {id} {status}. {now["failure"]?["message"]}",
                    status == "cancelled" ? CommandEnd.Cancelled : CommandEnd.Failure);
            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    internal static string Line(JsonNode evaluation)
    {
        var progress = evaluation["progress"]!;
        var left = evaluation["remaining_seconds"]?.GetValue<double>();
        var rate = evaluation["activity"]?["tokens_per_second"]?.GetValue<double>();
        var phase = evaluation["activity"]?["phase"]?.GetValue<string>() == "loading" ? ", loading the models" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{evaluation["status"]}: {progress["done"]} of {progress["total"]} items{phase}{Pace.Of(rate, left)}");
    }

    internal static Table Draw(JsonNode evaluation)
    {
        var table = new Table { Border = TableBorder.Rounded, Caption = new(Markup.Escape($"{evaluation["id"]}")) };
        table.AddColumn("measure").AddColumn(new TableColumn("mean").RightAligned()).AddColumn("95 % interval")
            .AddColumn(new TableColumn("count").RightAligned());
        foreach (var (name, measure) in evaluation["measures"]?.AsObject() ?? [])
            table.AddRow(
                new Text(name), new Text(Share(measure!["mean"])), new Text($"{Share(measure["low"])} to {Share(measure["high"])}"),
                new Text($"{measure["count"]}"));
        return table;

        static string Share(JsonNode? number) => number?.GetValue<double>().ToString("0.000", CultureInfo.InvariantCulture) ?? "";
    }

    /// <returns>The id of the items; a file is uploaded.</returns>
    private static async Task<string?> DataAsync(
        Session session, string benchmark, string? data, string options, CancellationToken cancellationToken)
    {
        if (data is null || data.StartsWith("bmk_", StringComparison.Ordinal))
            return data;
        if (!File.Exists(data))
            throw new CommandException($"There is no file '{data}'. Name a file, or an upload by its id (bmk_…).");
        await using var file = File.OpenRead(data);
        var name = Uri.EscapeDataString(Path.GetFileName(data));
        var address = $"v1/benchmarks?benchmark={Uri.EscapeDataString(benchmark)}&name={name}{options}";
        return (await session.Client.UploadAsync(address, file, cancellationToken))["id"]!.GetValue<string>();
    }
}
