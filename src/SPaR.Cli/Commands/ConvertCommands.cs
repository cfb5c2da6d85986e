using System.CommandLine;
using System.Globalization;
using SPaR.Client;
using Spectre.Console;

namespace SPaR.Cli.Commands;

/// <summary><c>spar import</c>, <c>spar convert</c> and <c>spar quantise</c>: turn a model into another form, using a running
/// service.</summary>
internal static class ConvertCommands
{
    public static Command Import()
    {
        var folder = new Argument<string>("folder")
        {
            Description = "A Hugging Face folder or a PEFT adapter under the models folder, relative to it.",
        };
        var model = new Option<string?>("--base") { Description = "Of an adapter: the base model, by id, name or file." };
        var template = new Option<string?>("--template") { Description = "The chat template's name. Default: detected." };
        var name = Name();
        return ServiceCommand.Create(
            "import", "Turn a Hugging Face folder or a PEFT adapter into a registered model.", [folder, model, template, name],
            async (arguments, session, cancellationToken) => await RunAsync(
                session,
                new()
                {
                    Kind = "import",
                    Source = arguments.GetRequiredValue(folder),
                    Model = await ModelNames.IdOrNullAsync(session.Client, arguments.GetValue(model), cancellationToken),
                    Template = arguments.GetValue(template),
                    Name = arguments.GetValue(name),
                },
                cancellationToken));
    }

    public static Command Convert()
    {
        var model = Model();
        return ServiceCommand.Create(
            "convert", "Turn a model into a Hugging Face folder, an adapter into a PEFT folder.", [model],
            async (arguments, session, cancellationToken) => await RunAsync(
                session,
                new()
                {
                    Kind = "export",
                    Model = await ModelNames.IdAsync(session.Client, arguments.GetRequiredValue(model), cancellationToken),
                },
                cancellationToken));
    }

    public static Command Quantise()
    {
        var model = Model();
        var type = new Option<string>("--type") { Description = "Q8_0, Q6_K, Q4_K or Q4_0.", DefaultValueFactory = _ => "Q4_K" };
        type.AcceptOnlyFromAmong("Q8_0", "Q6_K", "Q4_K", "Q4_0");
        var data = new Option<string?>("--data")
        {
            Description = "A dataset, ds_…; the perplexity of its replies is measured before and after.",
        };
        var name = Name();
        return ServiceCommand.Create(
            "quantise", "Make a model's weights smaller, and measure what that costs.", [model, type, data, name],
            async (arguments, session, cancellationToken) => await RunAsync(
                session,
                new()
                {
                    Kind = "quantise",
                    Model = await ModelNames.IdAsync(session.Client, arguments.GetRequiredValue(model), cancellationToken),
                    FileType = arguments.GetRequiredValue(type),
                    Dataset = arguments.GetValue(data),
                    Name = arguments.GetValue(name),
                },
                cancellationToken));
    }

    internal static async Task RunAsync(Session session, ConversionRequest request, CancellationToken cancellationToken)
    {
        var id = (await session.Client.StartConversionAsync(request, cancellationToken: cancellationToken)).Id;
        session.Terminal.Say(
            $"Conversion {id}. Ctrl-C stops waiting, and the conversion continues in the service: ./spar conversions wait {id}");
        var ended = await FollowAsync(session.Client, id, session.Terminal, session.Time, cancellationToken);
        session.Show(ended, () => new Text(Result(ended) + "\n"));
    }

    /// <returns>The conversion as it ended.</returns>
    /// <exception cref="CommandException">It failed or was cancelled.</exception>
    internal static async Task<Conversion> FollowAsync(
        SparClient client, string id, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = await ProgressLine.FollowAsync(
            terminal, time, () => client.GetConversionAsync(id, cancellationToken), now => now.Status.HasEnded(), now => now.Progress,
            now => string.Create(CultureInfo.InvariantCulture, $"{now.Status}: {now.Progress:0 %}"), cancellationToken);
        return now.Status == RunStatus.Succeeded ? now : throw new CommandException(
            $"The conversion {id} {now.Status}. {now.Failure?.Message}",
            now.Status == RunStatus.Cancelled ? CommandEnd.Cancelled : CommandEnd.Failure);
    }

    internal static string Result(Conversion conversion)
    {
        var made = conversion.Result is { } model ? $"model {model}: {conversion.Path}" : conversion.Path;
        return conversion.Perplexity is not { } perplexity ? $"{made} in the models folder" : string.Create(
            CultureInfo.InvariantCulture,
            $"{made} in the models folder\nperplexity {perplexity.Before:0.000} before, "
            + $"{perplexity.After:0.000} after ({perplexity.Change:+0.0 %;-0.0 %}), "
            + $"over {perplexity.Tokens} tokens of {perplexity.Replies} replies");
    }

    private static Argument<string> Model() => new("model") { Description = ModelNames.Description };

    private static Option<string?> Name() => new("--name") { Description = "The name of the model that is made." };
}
