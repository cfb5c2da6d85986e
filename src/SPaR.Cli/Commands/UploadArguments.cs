using System.CommandLine;
using SPaR.Cli.Client;

namespace SPaR.Cli.Commands;

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

    /// <returns>The rest of an upload's query.</returns>
    public string Query(ParseResult arguments) => string.Concat(
    [
        .. (arguments.GetValue(_map) ?? []).Select(map => $"&map={Uri.EscapeDataString(map)}"),
        arguments.GetValue(_unknown) is { } unknown ? $"&unknown={Uri.EscapeDataString(unknown)}" : "",
        arguments.GetValue(_skipInvalid) ? "&skip_invalid=true" : "",
    ]);

    /// <summary>Says which columns were left out and which rows were skipped.</summary>
    public static void Report(Terminal terminal, UploadView? upload)
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
