using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using SPaR.Client;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SPaR.Cli.Commands;

/// <summary>What a command works with: a service, and a terminal.</summary>
/// <param name="Json">Whether results are printed as JSON.</param>
internal sealed record Session(SparClient Client, Terminal Terminal, bool Json, TimeProvider Time)
{
    /// <summary>As the service writes it, with what is null.</summary>
    private static readonly JsonSerializerOptions Shown = new(SparJson.Options)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    };

    /// <summary>Prints a result on standard output.</summary>
    public void Show(object result, Func<IRenderable> draw)
    {
        if (Json)
            Terminal.Out.Profile.Out.Writer.WriteLine(JsonSerializer.Serialize(result, result.GetType(), Shown));
        else
            Terminal.Out.Write(draw());
    }

    /// <summary>Says what was done: in a line on standard error, or as JSON on standard output.</summary>
    public void Report(object result, string line)
    {
        if (Json)
            Show(result, () => Text.Empty);
        else
            Terminal.Say(line);
    }

    /// <summary>The fields of a result, by their names in the API.</summary>
    public static JsonObject Fields(object result) => JsonSerializer.SerializeToNode(result, result.GetType(), Shown)!.AsObject();
}
