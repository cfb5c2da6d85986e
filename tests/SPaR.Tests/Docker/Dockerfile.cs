using System.Text.Json;
using System.Text.RegularExpressions;

namespace SPaR.Tests.Docker;

/// <summary>A Dockerfile as its stages and their instructions. Reads what ours needs and refuses the rest: here-documents, other escape
/// characters, ONBUILD.</summary>
internal sealed partial class Dockerfile
{
    private static readonly string[] Known =
    [
        "ARG", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "RUN", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    ];

    public required IReadOnlyDictionary<string, string> Arguments { get; init; }

    public required IReadOnlyList<Stage> Stages { get; init; }

    public Stage this[string name] => Stages.Single(s => s.Name == name);

    public static Dockerfile Read(string text)
    {
        var arguments = new Dictionary<string, string>();
        var stages = new List<Stage>();
        foreach (var instruction in Instructions(text))
        {
            if (instruction.Name == "FROM")
                stages.Add(Stage.From(instruction.Text));
            else if (stages.Count > 0)
                stages[^1].Instructions.Add(instruction);
            else if (instruction.Name == "ARG" && instruction.Text.Split('=', 2) is [var name, var value])
                arguments.Add(name, value);
            else
                throw new FormatException($"'{instruction}' stands before the first FROM and is no ARG with a default.");
        }

        return new() { Arguments = arguments, Stages = stages };
    }

    /// <summary>What an image stands on after its arguments' defaults are put in, or the name of a stage before it.</summary>
    public string BaseOf(Stage stage) =>
        Placeholder().Replace(stage.Base, m => Arguments.TryGetValue(m.Groups[1].Value, out var value)
            ? value
            : throw new FormatException($"FROM {stage.Base}: there is no ARG {m.Groups[1].Value} before the first FROM."));

    private static IEnumerable<Instruction> Instructions(string text)
    {
        var lines = text.Split('\n').Where(l => !l.TrimStart().StartsWith('#') && l.Trim().Length > 0);
        var open = "";
        foreach (var line in lines)
        {
            open += line.TrimEnd();
            if (open.EndsWith('\\'))
            {
                open = open[..^1];
                continue;
            }

            var parts = open.Trim().Split(' ', 2, StringSplitOptions.TrimEntries);
            if (parts.Length < 2 || !Known.Contains(parts[0]) || parts[1].Contains("<<", StringComparison.Ordinal))
                throw new FormatException($"'{open}' is no instruction that is read here.");
            yield return new(parts[0], parts[1]);
            open = "";
        }

        if (open.Length > 0)
            throw new FormatException($"'{open}' goes on beyond the end.");
    }

    [GeneratedRegex(@"\$\{(\w+)\}")]
    private static partial Regex Placeholder();
}

/// <param name="Base">As it is written: an image, an argument or a stage before it.</param>
internal sealed record Stage(string Name, string Base)
{
    public List<Instruction> Instructions { get; } = [];

    public static Stage From(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var under, "AS", var name]
        ? new(name, under)
        : throw new FormatException($"FROM {text} is not written as FROM image AS name.");

    public IEnumerable<Instruction> All(string name) => Instructions.Where(i => i.Name == name);

    public Instruction The(string name) => All(name).Single();

    public IReadOnlyDictionary<string, string> Environment => All("ENV")
        .SelectMany(i => i.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(pair => pair.Split('=', 2))
        .ToDictionary(pair => pair[0], pair => pair[1]);
}

internal sealed record Instruction(string Name, string Text)
{
    /// <summary>Of COPY or RUN: <c>--from=…</c> and the like.</summary>
    public IReadOnlyList<string> Flags => [.. Words.TakeWhile(IsFlag)];

    public IReadOnlyList<string> Operands => [.. Words.SkipWhile(IsFlag)];

    /// <summary>The stage that is copied from; null for the context.</summary>
    public string? Source => Flags.SingleOrDefault(f => f.StartsWith("--from=", StringComparison.Ordinal))?["--from=".Length..];

    /// <summary>The JSON form, in which no shell stands between the system and the program.</summary>
    public IReadOnlyList<string> Exec => JsonSerializer.Deserialize<string[]>(Text[Text.IndexOf('[', StringComparison.Ordinal)..])!;

    public override string ToString() => $"{Name} {Text}";

    private string[] Words => Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static bool IsFlag(string word) => word.StartsWith("--", StringComparison.Ordinal);
}
