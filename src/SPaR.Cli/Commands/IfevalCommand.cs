using System.CommandLine;
using System.Text.Json;
using SPaR.IFEval;

namespace SPaR.Cli.Commands;

/// <param name="Prompts">In the form of IFEval's <c>input_data.jsonl</c>.</param>
/// <param name="Responses">One JSON object a line: key or prompt, and response.</param>
/// <param name="RequireAll">Refuse where a prompt has no response, instead of leaving it out.</param>
/// <param name="Verdicts">A file to write, one line a prompt.</param>
internal sealed record IfevalOptions(string Prompts, string Responses, bool RequireAll, string? Verdicts, bool Json);

/// <summary><c>spar ifeval</c>: scores responses that are there already, by program alone. Needs no model and no service.</summary>
internal static class IfevalCommand
{
    private const int KeysNamed = 20;

    public static Command Create()
    {
        var prompts = new Argument<string>("prompts") { Description = "Prompts with constraints, as IFEval's input_data.jsonl has them." };
        var responses = new Argument<string>("responses")
        {
            Description = "Responses (NDJSON): \"key\" or \"prompt\", and \"response\".",
        };
        var requireAll = new Option<bool>("--require-all") {
            Description = "Refuse where a prompt has no response; otherwise it is left out." };
        var verdicts = new Option<string?>("--verdicts")
        {
            Description = "A file to write: for each prompt its key and the strict and loose verdicts in the order of its instructions.",
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON object on standard output and nothing else there." };
        var command = new Command("ifeval", "Score responses to prompts with verifiable constraints (IFEval). Needs no model.")
        {
            prompts, responses, requireAll, verdicts, json,
        };
        command.SetAction((arguments, cancellationToken) =>
        {
            var terminal = Terminal.Open();
            return CommandEnd.OfAsync(
                terminal,
                () =>
                {
                    Run(
                        new(arguments.GetRequiredValue(prompts), arguments.GetRequiredValue(responses), arguments.GetValue(requireAll),
                            arguments.GetValue(verdicts), arguments.GetValue(json)),
                        terminal, cancellationToken);
                    return Task.CompletedTask;
                },
                cancellationToken);
        });
        return command;
    }

    internal static void Run(IfevalOptions options, Terminal terminal, CancellationToken cancellationToken)
    {
        var file = Read(options.Prompts, IfevalPrompts.Read);
        Refuse(options.Prompts, file.Errors, terminal);
        if (file.Prompts.Count == 0)
            throw new CommandException($"There is no prompt in {options.Prompts}.");
        var responses = Read(options.Responses, reader => IfevalResponses.Read(reader, file.Prompts));
        Refuse(options.Responses, responses.Errors, terminal);
        CheckMissing(options, file.Prompts.Count, responses, terminal);

        var answered = new List<(IfevalPrompt Prompt, Verdicts Verdicts)>();
        foreach (var prompt in file.Prompts.Where(p => responses.ByKey.ContainsKey(p.Key)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            answered.Add((prompt, prompt.Constraints.Check(responses.ByKey[prompt.Key])));
        }

        if (options.Verdicts is { } path)
            Write(path, answered);
        var report = new IfevalReport(
            IfevalScore.Of([.. answered.Select(a => (a.Prompt.InstructionIds, a.Verdicts))]), responses.Missing.Count);
        if (options.Json)
            terminal.Out.Profile.Out.Writer.WriteLine(report.ToJson());
        else
            report.Draw(terminal.Out);
    }

    /// <summary>Names the prompts that have no response, as the figures are over the others alone.</summary>
    private static void CheckMissing(IfevalOptions options, int prompts, IfevalResponses responses, Terminal terminal)
    {
        var missing = responses.Missing;
        if (missing.Count == 0)
            return;
        var keys = $"{string.Join(", ", missing.Take(KeysNamed))}{(missing.Count > KeysNamed ? ", …" : "")}";
        var found = $"{missing.Count} of {prompts} prompts have no response, with the keys {keys}";
        if (options.RequireAll || missing.Count == prompts)
            throw new CommandException($"{found}. Add them to {options.Responses}.");
        terminal.Say($"{found}: they are left out (--require-all refuses that).");
    }

    private static T Read<T>(string path, Func<TextReader, T> read)
    {
        try
        {
            using var reader = new StreamReader(path);
            return read(reader);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} cannot be read: {e.Message}");
        }
    }

    private static void Refuse(string path, IReadOnlyList<LineError> errors, Terminal terminal)
    {
        foreach (var error in errors)
            terminal.Say($"{path}, {error}");
        if (errors.Count > 0)
            throw new CommandException(
                $"{path} has {errors.Count} {(errors.Count == 1 ? "error" : "errors")}, see above; nothing was scored.");
    }

    /// <summary>Written beside and renamed, so that there is a whole file under the name or none.</summary>
    private static void Write(string path, IReadOnlyList<(IfevalPrompt Prompt, Verdicts Verdicts)> answered)
    {
        var part = $"{path}.part";
        try
        {
            using (var file = File.Create(part))
            {
                foreach (var (prompt, verdicts) in answered)
                {
                    using (var line = new Utf8JsonWriter(file))
                        WriteLine(line, prompt.Key, verdicts);
                    file.WriteByte((byte)'\n');
                }
            }

            File.Move(part, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} cannot be written: {e.Message}");
        }
    }

    private static void WriteLine(Utf8JsonWriter line, PromptKey key, Verdicts verdicts)
    {
        line.WriteStartObject();
        line.WritePropertyName("key");
        key.WriteTo(line);
        foreach (var (name, values) in new[] { ("strict", verdicts.Strict), ("loose", verdicts.Loose) })
        {
            line.WriteStartArray(name);
            foreach (var value in values)
                line.WriteBooleanValue(value);
            line.WriteEndArray();
        }

        line.WriteEndObject();
    }
}
