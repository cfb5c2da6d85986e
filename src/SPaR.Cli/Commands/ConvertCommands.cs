using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using SPaR.Cli.Client;
using Spectre.Console;

namespace SPaR.Cli.Commands;

/// <summary><c>spar import</c>, <c>spar convert</c> and <c>spar quantise</c>: turn a model into another form, using a running
/// service.</summary>
internal static class ConvertCommands
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

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
                    ["kind"] = "import",
                    ["source"] = arguments.GetRequiredValue(folder),
                    ["model"] = arguments.GetValue(model) is { } named
                        ? await ModelNames.IdAsync(session.Client, named, null, cancellationToken)
                        : null,
                    ["template"] = arguments.GetValue(template),
                    ["name"] = arguments.GetValue(name),
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
                    ["kind"] = "export",
                    ["model"] = await ModelNames.IdAsync(session.Client, arguments.GetRequiredValue(model), null, cancellationToken),
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
                    ["kind"] = "quantise",
                    ["model"] = await ModelNames.IdAsync(session.Client, arguments.GetRequiredValue(model), null, cancellationToken),
                    ["file_type"] = arguments.GetRequiredValue(type),
                    ["dataset"] = arguments.GetValue(data),
                    ["name"] = arguments.GetValue(name),
                },
                cancellationToken));
    }

    internal static async Task RunAsync(Session session, JsonObject request, CancellationToken cancellationToken)
    {
        var started = await session.Client.PostJsonAsync(Resource.Conversions.Path, request, cancellationToken);
        var id = started["id"]!.GetValue<string>();
        session.Terminal.Say(
            $"Conversion {id}. Ctrl-C stops waiting, and the conversion continues in the service: ./spar conversions wait {id}");
        var ended = await FollowAsync(session.Client, id, session.Terminal, session.Time, cancellationToken);
        session.Show(ended, () => new Text(Result(ended) + "\n"));
    }

    /// <returns>The conversion as it ended.</returns>
    /// <exception cref="CommandException">It failed or was cancelled.</exception>
    internal static async Task<JsonNode> FollowAsync(
        SparClient client, string id, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        var shown = time.GetTimestamp();
        while (true)
        {
            var now = await client.JsonAsync(HttpMethod.Get, Resource.Conversions.Address(id), cancellationToken);
            var status = now["status"]!.GetValue<string>();
            if (status == "succeeded")
                return now;
            if (status is "failed" or "cancelled")
                throw new CommandException(
                    $"The conversion {id} {status}. {now["failure"]?["message"]}",
                    status == "cancelled" ? CommandEnd.Cancelled : CommandEnd.Failure);
            if (time.GetElapsedTime(shown) >= BetweenLines)
            {
                terminal.Say(string.Create(CultureInfo.InvariantCulture, $"{status}: {now["progress"]!.GetValue<double>():0 %}"));
                shown = time.GetTimestamp();
            }

            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    internal static string Result(JsonNode conversion)
    {
        var made = conversion["result"] is { } model ? $"model {model}: {conversion["path"]}" : $"{conversion["path"]}";
        return conversion["perplexity"] is not { } perplexity ? $"{made} in the models folder" : string.Create(
            CultureInfo.InvariantCulture,
            $"{made} in the models folder\nperplexity {perplexity["before"]!.GetValue<double>():0.000} before, "
            + $"{perplexity["after"]!.GetValue<double>():0.000} after ({perplexity["change"]!.GetValue<double>():+0.0 %;-0.0 %}), "
            + $"over {perplexity["tokens"]} tokens of {perplexity["replies"]} replies");
    }

    private static Argument<string> Model() => new("model") { Description = ModelNames.Description };

    private static Option<string?> Name() => new("--name") { Description = "The name of the model that is made." };
}
