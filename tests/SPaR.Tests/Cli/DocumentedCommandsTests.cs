using System.Text.RegularExpressions;
using SPaR.Cli;

namespace SPaR.Tests.Cli;

/// <summary>Holds what the documentation says to type to the command line, and its links to the files.</summary>
public sealed partial class DocumentedCommandsTests
{
    public static TheoryData<string> Pages =>
    [
        "README.md", "src/README.md", "src/DECISIONS.md", "src/SPaR.MicroWorld/MODEL_CARD.md", "docker/README.md",
        "tests/SPaR.Benchmarks/README.md",
        .. Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md").Select(file => Path.GetRelativePath(Repository.Root, file)),
    ];

    [Fact]
    public void Every_command_can_be_parsed()
    {
        var script = ScriptCommand().Matches(Repository.Read("spar")).Select(match => match.Groups[1].Value).ToHashSet();
        var commands = Pages.SelectMany(page => Commands(Repository.Read(page))).Where(words => !script.Contains(words[0])).ToList();

        commands.Count.ShouldBeGreaterThan(15);
        var spar = SparCommand.Create();
        commands.Where(words => words.Length > 1)
            .SelectMany(words => spar.Parse(words).Errors.Select(error => $"{string.Join(' ', words)}: {error.Message}"))
            .ShouldBeEmpty();
        commands.Select(words => words[0]).Where(name => !name.StartsWith('-')).ShouldBeSubsetOf(spar.Subcommands.Select(c => c.Name));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_leads_to_a_file(string page) => Link().Matches(Repository.Read(page)).Select(match => match.Groups[1].Value)
        .Where(target => !Path.Exists(Path.Combine(Repository.Root, Path.GetDirectoryName(page)!, target))).ShouldBeEmpty();

    /// <summary>The words after <c>./spar</c>, in a block of code or between backticks. A file of the user is replaced by one that
    /// exists.</summary>
    private static IEnumerable<string[]> Commands(string text) => Command().Matches(text)
        .Select(match => Word().Matches(match.Groups[1].Value.Split(" #")[0]).Select(word => word.Value.Trim('\''))
            .Select(word => word.EndsWith(".jsonl", StringComparison.Ordinal) ? Path.Combine(Repository.Root, "README.md") : word)
            .ToArray())
        .Where(words => words.Length > 0);

    [GeneratedRegex(@"(?:^|`)\./spar ([^`\n]*)", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex("'[^']*'|[^ ]+")]
    private static partial Regex Word();

    /// <summary>A command that the script runs itself.</summary>
    [GeneratedRegex(@"^  (setup|publish|test|bench)\)\s", RegexOptions.Multiline)]
    private static partial Regex ScriptCommand();

    [GeneratedRegex(@"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")]
    private static partial Regex Link();
}
