using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using SPaR.Cli.Trees;
using SPaR.Client;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SPaR.Cli.Commands;

/// <summary><c>spar refine</c>: refines the answer to one prompt, shows what happens meanwhile, and draws the tree.</summary>
internal static class RefineCommand
{
    private const int LongestLine = 100;

    public static Command Create()
    {
        var prompt = new Argument<string>("prompt") { Description = "What to answer." };
        var model = new Option<string>("--model") { Description = $"What answers. {ModelNames.Description}", Required = true };
        var refiner = new Option<string?>("--refiner") { Description = "The refiner, named the same way. Default: the model." };
        var judge = new Option<string?>("--judge") { Description = "The judge, named the same way. Default: the refiner." };
        var answer = new Option<string?>("--answer") { Description = "The answer to refine. Default: the model answers." };
        var recipe = new Option<string?>("--recipe") { Description = "A recipe: a JSON file, or a name from /v1/recipes." };
        var strategy = new Option<string?>("--strategy")
        {
            Description = "The search: bfs (the default), dfs, best-of-n, iterative or greedy.",
        };
        var budget = new Option<int?>("--budget") { Description = "Most refinements." };
        var seed = new Option<long?>("--seed") { Description = "The random seed." };
        return ServiceCommand.Create(
            "refine", "Refine the answer to one prompt by tree search, now.",
            [prompt, model, refiner, judge, answer, recipe, strategy, budget, seed],
            async (arguments, session, cancellationToken) =>
            {
                var request = new RefinementRequest
                {
                    Model = await ModelNames.IdAsync(session.Client, arguments.GetRequiredValue(model), cancellationToken),
                    Refiner = await ModelNames.IdOrNullAsync(session.Client, arguments.GetValue(refiner), cancellationToken),
                    Judge = await ModelNames.IdOrNullAsync(session.Client, arguments.GetValue(judge), cancellationToken),
                    Prompt = arguments.GetRequiredValue(prompt),
                    Answer = arguments.GetValue(answer),
                    Seed = arguments.GetValue(seed),
                    AdditionalFields = JsonFile.Field("recipe", Recipe(
                        RunCommand.ReadRecipe(arguments.GetValue(recipe)), arguments.GetValue(strategy), arguments.GetValue(budget))),
                };
                await RunAsync(session, request, cancellationToken);
            });
    }

    internal static async Task RunAsync(Session session, RefinementRequest request, CancellationToken cancellationToken)
    {
        await foreach (var happened in session.Client.RefineStreamingAsync(request, cancellationToken))
        {
            if (happened.Type == "error" && happened.Read<Problem>() is var problem)
                throw new CommandException(
                    $"{problem.Detail} ({problem.Code})", problem.Code == "cancelled" ? CommandEnd.Cancelled : CommandEnd.Failure);
            if (happened.Type == "end")
            {
                var refinement = happened.Read<Refinement>();
                session.Show(refinement, () => Draw(refinement));
                return;
            }

            if (Line(happened) is { } line)
                session.Terminal.Say(line);
        }

        throw new CommandException("The service has closed the connection before the end; send the request again.");
    }

    /// <returns>The recipe with the options of the command line; null if there is none.</returns>
    internal static JsonNode? Recipe(JsonNode? recipe, string? strategy, int? budget)
    {
        if (strategy is null && budget is null)
            return recipe;
        var options = recipe is JsonValue ? new() { ["base"] = recipe } : recipe as JsonObject ?? [];
        var refine = options["refine"] as JsonObject ?? [];
        if (strategy is not null)
            refine["strategy"] = strategy;
        if (budget is not null)
            refine["budget"] = budget;
        options["refine"] = refine;
        return options;
    }

    /// <returns>Null for an event that is not shown.</returns>
    private static string? Line(SparEvent happened) => happened.Type switch
    {
        "started" => $"Refinement {happened.Read<JsonObject>()["id"]}. Ctrl-C cancels it.",
        "loading" => "Loading the model; this answer takes longer than the next.",
        "answer" when happened.Read<Answer>() is { Judgements: [.., var last] } answer =>
            Line(answer.Subject, last.Value, answer.Judgements, answer.Text),
        "node" when happened.Read<Node>() is { Order: > 0 } node => Line(node.Path, node.Value, node.Judgements, node.Text),
        _ => null,
    };

    private static string Line(string subject, double? value, IReadOnlyList<Judgement> judgements, string text)
    {
        var line = string.Create(
            CultureInfo.InvariantCulture, $"{subject,-6} {value,4:0.0#} {TreeDrawing.Votes(judgements),-5} {text.ReplaceLineEndings(" ")}");
        if (line.Length <= LongestLine)
            return line;
        // Not between the halves of a surrogate pair.
        return $"{line[..(char.IsHighSurrogate(line[LongestLine - 2]) ? LongestLine - 2 : LongestLine - 1)]}…";
    }

    private static Rows Draw(Refinement refinement)
    {
        List<IRenderable> parts = [];
        if (refinement.Tree.Nodes.Any(node => node.Order is not null))
            parts.AddRange([TreeDrawing.Draw(refinement.Tree), new Text("")]);
        parts.Add(refinement.Best is { } best
            ? new Text(best.Text)
            : new Text("Nothing was answered: the prompt does not fit the context, or every answer ended within its reasoning."));
        return new(parts);
    }
}
