using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Cli.Client;
using SPaR.Cli.Commands;
using SPaR.MicroWorld;

namespace SPaR.Cli.Demo;

/// <param name="Seed">Of the instructions and of the run.</param>
/// <param name="Instructions">How many.</param>
internal sealed record DemoOptions(bool Json, bool Keep, long Seed, int Instructions);

/// <summary>The demo's run and what it came to.</summary>
/// <param name="Tree">One worth looking at; null where no answer was bad.</param>
internal sealed record DemoOutcome(RunView Run, DemoReport Report, TreeView? Tree);

/// <summary>The main job on the tiny language: instructions in, preference pairs out. Knows a running service and nothing of how it
/// was started.</summary>
/// <param name="modelsFolder">The service's.</param>
internal sealed class DemoJob(SparClient client, string modelsFolder, Terminal terminal, TimeProvider time)
{
    private static readonly TimeSpan CancelLimit = TimeSpan.FromSeconds(5);

    public async Task<DemoOutcome> RunAsync(DemoOptions options, CancellationToken stop)
    {
        PlaceModel();
        var start = time.GetTimestamp();
        var recipe = JsonNode.Parse(MicroModel.ReadRecipe())!;
        var model = await client.RegisterModelAsync(MicroModel.FileName, "micro", null, stop);
        using var lines = new MemoryStream(Encoding.UTF8.GetBytes(Instructions(options)));
        var set = await client.SubmitInstructionsAsync($"micro-world, seed {options.Seed}", lines, stop);
        var run = await client.StartRunAsync(new(set.Id, model.Id, Recipe: recipe, Seed: options.Seed, Name: "demo"), stop);
        terminal.Say($"{set.Count} instructions, model {model.Name}: run {run.Id}");
        run = await FollowAsync(run.Id, stop);

        var preferences = await client.PreferencesAsync(run.Id, stop).ToListAsync(stop);
        var report = DemoReport.Of(run, preferences, time.GetElapsedTime(start));
        var trees = await client.TreesAsync(run.Id, stop).ToListAsync(stop);
        var pick = TreePick.Choose(trees, recipe["refine"]!["branch"]!.GetValue<int>());
        return new(run, report, pick is null ? null : await client.GetTreeAsync(run.Id, pick.InstructionId, stop));
    }

    /// <summary>Whoever interrupts the demo does not want its run to go on when the service starts next.</summary>
    private async Task<RunView> FollowAsync(string run, CancellationToken stop)
    {
        try
        {
            return await new RunFollower(client, terminal, time).FollowAsync(run, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            using var limit = new CancellationTokenSource(CancelLimit, time);
            await client.CancelRunAsync(run, limit.Token);
            throw;
        }
    }

    /// <summary>Puts the model where the service looks for models.</summary>
    private void PlaceModel()
    {
        Directory.CreateDirectory(modelsFolder);
        var target = Path.Combine(modelsFolder, MicroModel.FileName);
        // A worker may have the file mapped: it is replaced as a whole, never written into.
        var beside = target + ".new";
        File.Copy(MicroModel.Path, beside, overwrite: true);
        File.Move(beside, target, overwrite: true);
    }

    private static string Instructions(DemoOptions options) => string.Concat(
        new InstructionGenerator(new Dice((ulong)options.Seed)).Take(options.Instructions)
            .Select(instruction => JsonSerializer.Serialize(new { prompt = instruction.Text }) + "\n"));
}
