using SPaR.Cli.Commands;
using SPaR.Client;
using SPaR.MicroWorld;

namespace SPaR.Cli.Demo;

/// <summary>The demo's run and its results.</summary>
/// <param name="Tree">A tree of the first round; null if no answer was bad.</param>
/// <param name="Curves">The paths of the training plots.</param>
internal sealed record DemoOutcome(Run Run, DemoReport Report, Tree? Tree, IReadOnlyList<string> Curves);

/// <summary>Rounds of self-play, training and evaluation on the tiny language. Uses a running service and does not know how it was
/// started.</summary>
/// <param name="modelsFolder">The service's models folder.</param>
/// <param name="curvesFolder">The folder for the training plots.</param>
internal sealed class DemoJob(SparClient client, string modelsFolder, string curvesFolder, Terminal terminal, TimeProvider time)
{
    /// <summary>The round whose tree is shown: the first, because the actor is at its worst.</summary>
    public const int TreeRound = 1;

    public async Task<DemoOutcome> RunAsync(DemoOptions options, CancellationToken cancellationToken)
    {
        CopyModel();
        var start = time.GetTimestamp();
        var runs = new DemoRuns(client, terminal, time);
        var model = await client.RegisterModelAsync(
            new() { Path = MicroModel.FileName, Name = "micro" }, cancellationToken: cancellationToken);
        var set = await runs.SubmitAsync(options.Seed, options.Rounds * options.Instructions, cancellationToken);
        var run = await runs.RunAsync(
            new()
            {
                InstructionSet = set.Id,
                Actor = model.Id,
                Seed = options.Seed,
                Name = "demo",
                Rounds = options.Rounds,
                AdditionalFields = JsonFile.Field("recipe", DemoRecipe.Loop(options)),
            },
            cancellationToken);
        var elapsed = time.GetElapsedTime(start);

        var ablation = options.Ablation
            ? await new DemoAblation(client, runs, model.Id, options).RunAsync(cancellationToken)
            : null;
        var preferences = await client.GetPreferencesAsync(run.Id, cancellationToken: cancellationToken).ToListAsync(cancellationToken);
        var report = DemoReport.Of(run, preferences, elapsed) with { Ablation = ablation };
        var trees = await client.EnumerateTreesAsync(run.Id, limit: 200, round: TreeRound, cancellationToken: cancellationToken)
            .ToListAsync(cancellationToken);
        var pick = TreePick.Choose(trees, DemoRecipe.Branch());
        var tree = pick is null ? null : await client.GetTreeAsync(run.Id, pick.InstructionId, TreeRound, cancellationToken);
        return new(run, report, tree, await new TrainingCurves(client, curvesFolder).WriteAsync(run, cancellationToken));
    }

    /// <summary>Copies the model into the service's models folder.</summary>
    private void CopyModel()
    {
        Directory.CreateDirectory(modelsFolder);
        var target = Path.Combine(modelsFolder, MicroModel.FileName);
        // A worker may have the file mapped, so it is replaced and never written into.
        var copy = target + ".new";
        File.Copy(MicroModel.Path, copy, overwrite: true);
        File.Move(copy, target, overwrite: true);
    }
}
