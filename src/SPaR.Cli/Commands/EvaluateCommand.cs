using System.CommandLine;
using System.Globalization;
using SPaR.Client;
using Spectre.Console;

namespace SPaR.Cli.Commands;

/// <summary><c>spar eval</c>: measures a model with a benchmark, and follows the evaluation to its end.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = ModelNames.Description };
        var benchmark = new Option<string>("--benchmark") { Description = "A benchmark: ifeval, exact-match, …", Required = true };
        var data = new Option<string?>("--data") { Description = "Its items: a file (docs/files.md), or the id of an upload, bmk_…" };
        var recipe = new Option<string?>("--recipe") { Description = "A recipe: a JSON file, or a name from /v1/recipes." };
        var limit = new Option<int?>("--limit") { Description = "Measure only the first items." };
        var seed = new Option<long?>("--seed") { Description = "The random seed." };
        var refiner = new Option<string?>("--refiner") { Description = "The refiner, where one is used." };
        var judge = new Option<string?>("--judge") { Description = "The judge, where one is asked. Default: the refiner." };
        var decoding = new Option<string?>("--decoding") { Description = "greedy (the default), sample, best-of-n, bfs or dfs." };
        var name = new Option<string?>("--name") { Description = "The evaluation's name." };
        var upload = new UploadArguments();
        return ServiceCommand.Create(
            "eval", "Measure a model with a benchmark.",
            [model, benchmark, data, recipe, limit, seed, refiner, judge, decoding, name,
                .. upload.Options],
            async (arguments, session, cancellationToken) =>
            {
                var request = new EvaluationRequest
                {
                    Benchmark = arguments.GetRequiredValue(benchmark),
                    Model = arguments.GetRequiredValue(model),
                    Refiner = arguments.GetValue(refiner),
                    Judge = arguments.GetValue(judge),
                    Decoding = arguments.GetValue(decoding),
                    Data = await DataAsync(
                        session, arguments.GetRequiredValue(benchmark), arguments.GetValue(data), upload.Read(arguments),
                        cancellationToken),
                    Limit = arguments.GetValue(limit),
                    Seed = arguments.GetValue(seed),
                    Name = arguments.GetValue(name),
                    AdditionalFields = JsonFile.Field("recipe", RunCommand.ReadRecipe(arguments.GetValue(recipe))),
                };
                await RunAsync(session, request, cancellationToken);
            });
    }

    /// <param name="request">Its models as users name them.</param>
    internal static async Task RunAsync(Session session, EvaluationRequest request, CancellationToken cancellationToken)
    {
        var client = session.Client;
        var started = await client.StartEvaluationAsync(
            request with
            {
                Model = await ModelNames.IdAsync(client, request.Model, cancellationToken),
                Refiner = await ModelNames.IdOrNullAsync(client, request.Refiner, cancellationToken),
                Judge = await ModelNames.IdOrNullAsync(client, request.Judge, cancellationToken),
            },
            cancellationToken: cancellationToken);
        var id = started.Id;
        session.Terminal.Say($"Evaluation {id}. Ctrl-C stops waiting; ./spar evaluations wait {id} goes on.");
        var ended = await FollowAsync(session.Client, id, session.Terminal, session.Time, cancellationToken);
        session.Show(ended, () => Draw(ended));
    }

    /// <returns>The evaluation as it ended.</returns>
    /// <exception cref="CommandException">It failed or was cancelled.</exception>
    internal static async Task<Evaluation> FollowAsync(
        SparClient client, string id, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = await ProgressLine.FollowAsync(
            terminal, time, () => client.GetEvaluationAsync(id, cancellationToken), now => now.Status.HasEnded(),
            now => now.Progress.Total > 0 ? (double)now.Progress.Done / now.Progress.Total : null, Line, cancellationToken);
        return now.Status == RunStatus.Succeeded ? now : throw new CommandException(
            $"The evaluation {id} {now.Status}. {now.Failure?.Message}",
            now.Status == RunStatus.Cancelled ? CommandEnd.Cancelled : CommandEnd.Failure);
    }

    internal static string Line(Evaluation evaluation)
    {
        var (progress, activity) = (evaluation.Progress, evaluation.Activity);
        var phase = activity?.Phase == WorkPhase.Loading ? ", loading the models" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{evaluation.Status}: {progress.Done} of {progress.Total} items{phase}")
            + Pace.Of(activity?.TokensPerSecond, evaluation.RemainingSeconds);
    }

    internal static Table Draw(Evaluation evaluation)
    {
        var table = new Table { Border = TableBorder.Rounded, Caption = new(Markup.Escape(evaluation.Id)) };
        table.AddColumn("measure").AddColumn(new TableColumn("mean").RightAligned()).AddColumn("95 % interval")
            .AddColumn(new TableColumn("count").RightAligned());
        foreach (var (name, measure) in evaluation.Measures ?? new Dictionary<string, Measure>())
            table.AddRow(
                new Text(name), new Text(Share(measure.Mean)), new Text($"{Share(measure.Low)} to {Share(measure.High)}"),
                new Text($"{measure.Count}"));
        return table;

        static string Share(double number) => number.ToString("0.000", CultureInfo.InvariantCulture);
    }

    /// <returns>The id of the items; a file is uploaded.</returns>
    private static async Task<string?> DataAsync(
        Session session, string benchmark, string? data, UploadChoice upload, CancellationToken cancellationToken)
    {
        if (data is null || data.StartsWith("bmk_", StringComparison.Ordinal))
            return data;
        if (!File.Exists(data))
            throw new CommandException($"There is no file '{data}'. Name a file, or an upload by its id (bmk_…).");
        await using var file = File.OpenRead(data);
        return (await session.Client.SubmitBenchmarkAsync(
            file, null, upload.Unknown, upload.Map, upload.SkipInvalid, benchmark, Path.GetFileName(data),
            cancellationToken: cancellationToken)).Id;
    }
}
