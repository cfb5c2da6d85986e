using System.CommandLine;
using SPaR.Client;

namespace SPaR.Cli.Commands;

/// <summary>How the service reads a file; what is null has the service's default.</summary>
/// <param name="Map">Columns under other names: <c>prompt=question</c>.</param>
/// <param name="Unknown">What happens to unknown columns.</param>
/// <param name="LastAnswer">What happens to the last answer of a conversation, in instructions.</param>
internal sealed record UploadChoice(IReadOnlyList<string> Map, string? Unknown, bool? SkipInvalid, string? LastAnswer = null);

/// <summary>The options of every command that uploads a file. The file is sent as it is, and the service reads it.</summary>
internal sealed class UploadArguments
{
    private const int SkippedShown = 3;

    private readonly Option<string[]> _map = new("--map")
    {
        Description = "A column under another name, as prompt=question; dots lead into objects. May be repeated.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _unknown = new("--unknown")
    {
        Description = "What happens to unknown columns: refuse, ignore or metadata.",
    };

    private readonly Option<bool> _skipInvalid = new("--skip-invalid")
    {
        Description = "Store the valid rows although others are invalid, and name those.",
    };

    public IEnumerable<Option> Options => [_map, _unknown, _skipInvalid];

    public UploadChoice Read(ParseResult arguments) => new(
        arguments.GetValue(_map) ?? [], arguments.GetValue(_unknown), arguments.GetValue(_skipInvalid) ? true : null);

    /// <summary>Says which columns were left out and which rows were skipped.</summary>
    public static void Report(Terminal terminal, UploadReport? upload)
    {
        if (upload is { Columns.Ignored.Count: > 0 })
            terminal.Say($"left out the columns {string.Join(", ", upload.Columns.Ignored)}");
        if (upload is not { Skipped: > 0 })
            return;
        terminal.Say($"skipped {upload.Skipped} rows:");
        foreach (var error in upload.FirstSkipped.SelectMany(row => row.Errors).Take(SkippedShown))
            terminal.Say($"  {error.Field}: {error.Message}");
    }
}
