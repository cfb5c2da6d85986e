using System.CommandLine;
using System.Text;
using System.Text.Json;
using SPaR.IFEval;

namespace SPaR.Cli.Commands;

/// <param name="Prompts">A file like IFEval's <c>input_data.jsonl</c>.</param>
/// <param name="Responses">A file of one JSON object per line: key or prompt, and response.</param>
/// <param name="RequireAll">Whether a prompt without a response is an error.</param>
/// <param name="Verdicts">A file to write, one line per prompt.</param>
/// <param name="IgnoreUnknown">Whether fields that IFEval does not have are left out of the prompts.</param>
internal sealed record IfevalOptions(
    string Prompts, string Responses, bool RequireAll, string? Verdicts, bool Json, bool IgnoreUnknown = false);

/// <summary><c>spar ifeval</c>: scores existing responses by program. Needs neither a model nor the service.</summary>
internal static class IfevalCommand
{
    private const int KeysNamed = 20;

    // Skips a byte order mark, and takes no other encoding for text.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true);

    public static Command Create()
    {
        var prompts = new Argument<string>("prompts")
        {
            Description = "Prompts with constraints (NDJSON), in the form of IFEval's input_data.jsonl.",
        };
        var responses = new Argument<string>("responses")
        {
            Description = "Responses (NDJSON): \"response\", and the \"key\" or \"prompt\" that it answers.",
        };
        var requireAll = new Option<bool>("--require-all")
        {
            Description = "Fail if a prompt has no response, instead of leaving it out.",
        };
        var verdicts = new Option<string?>("--verdicts")
        {
            Description = "A file to write: each prompt's key, and the strict and loose verdict on each of its instructions.",
        };
        var unknown = new Option<string>("--unknown")
        {
            Description = "What happens to fields of a prompt that IFEval does not have: refuse or ignore.",
            DefaultValueFactory = _ => "refuse",
        };
        unknown.AcceptOnlyFromAmong("refuse", "ignore");
        var json = new Option<bool>("--json") { Description = "Print one JSON object on standard output." };
        var command = new Command("ifeval", "Score responses to prompts with verifiable constraints (IFEval). Needs no model.")
        {
            prompts, responses, requireAll, verdicts, unknown, json,
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
                            arguments.GetValue(verdicts), arguments.GetValue(json), arguments.GetValue(unknown) == "ignore"),
                        terminal, cancellationToken);
                    return Task.CompletedTask;
                },
                cancellationToken);
        });
        return command;
    }

    internal static void Run(IfevalOptions options, Terminal terminal, CancellationToken cancellationToken)
    {
        var file = Read(options.Prompts, reader => IfevalPrompts.Read(reader, options.IgnoreUnknown));
        Refuse(options.Prompts, file.Errors, terminal);
        if (file.Prompts.Count == 0)
            throw new CommandException($"{options.Prompts} has no prompts; add at least one line.");
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

    /// <summary>Names the prompts without a response: the score is over the others only.</summary>
    private static void CheckMissing(IfevalOptions options, int prompts, IfevalResponses responses, Terminal terminal)
    {
        var missing = responses.Missing;
        if (missing.Count == 0)
            return;
        var keys = $"{string.Join(", ", missing.Take(KeysNamed))}{(missing.Count > KeysNamed ? ", …" : "")}";
        var found = $"{missing.Count} of {prompts} prompts have no response, with the keys {keys}";
        if (options.RequireAll || missing.Count == prompts)
            throw new CommandException($"{found}. Add them to {options.Responses}.");
        terminal.Say($"{found}: they are left out (--require-all makes this an error).");
    }

    private static T Read<T>(string path, Func<TextReader, T> read)
    {
        try
        {
            using var reader = new StreamReader(path, Utf8, detectEncodingFromByteOrderMarks: false);
            return read(reader);
        }
        catch (DecoderFallbackException)
        {
            throw new CommandException($"{path} is not UTF-8; it may be UTF-16, Latin-1 or Windows-1252. Convert it to UTF-8.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"Cannot read {path}: {e.Message}");
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

    /// <summary>Written under another name and renamed, so that the file is complete or absent.</summary>
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
            throw new CommandException($"Cannot write {path}: {e.Message} Name another file with --verdicts.");
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
