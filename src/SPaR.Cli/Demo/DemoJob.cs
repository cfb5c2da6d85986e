using SPaR.Cli.Client;
using SPaR.Cli.Commands;
using SPaR.MicroWorld;

namespace SPaR.Cli.Demo;

/// <summary>The demo's run and what it came to.</summary>
/// <param name="Tree">One of the first round worth looking at; null where no answer was bad.</param>
/// <param name="Curves">Paths of the drawings of the trainings.</param>
internal sealed record DemoOutcome(RunView Run, DemoReport Report, TreeView? Tree, IReadOnlyList<string> Curves);

/// <summary>The main job on the tiny language: rounds of self-play, training and evaluation. Knows a running service and nothing of
/// how it was started.</summary>
/// <param name="modelsFolder">The service's.</param>
/// <param name="curvesFolder">Where the trainings are drawn.</param>
internal sealed class DemoJob(SparClient client, string modelsFolder, string curvesFolder, Terminal terminal, TimeProvider time)
{
    /// <summary>The round whose tree is shown: the first, in which the actor is at its worst.</summary>
    public const int TreeRound = 1;

    public async Task<DemoOutcome> RunAsync(DemoOptions options, CancellationToken cancellationToken)
    {
        PlaceModel();
        var start = time.GetTimestamp();
        var runs = new DemoRuns(client, terminal, time);
        var model = await client.RegisterModelAsync(MicroModel.FileName, "micro", null, cancellationToken);
        var set = await runs.SubmitAsync(options.Seed, options.Rounds * options.Instructions, cancellationToken);
        var run = await runs.RunAsync(
            new(set.Id, model.Id, Recipe: DemoRecipe.Loop(options.Instructions), Seed: options.Seed, Name: "demo", Rounds: options.Rounds),
            cancellationToken);
        var elapsed = time.GetElapsedTime(start);

        var ablation = options.Ablation
            ? await new DemoAblation(client, runs, model.Id, options).RunAsync(cancellationToken)
            : null;
        var preferences = await client.PreferencesAsync(run.Id, cancellationToken).ToListAsync(cancellationToken);
        var report = DemoReport.Of(run, preferences, elapsed) with { Ablation = ablation };
        var trees = await client.TreesAsync(run.Id, TreeRound, cancellationToken).ToListAsync(cancellationToken);
        var pick = TreePick.Choose(trees, DemoRecipe.Branch());
        var tree = pick is null ? null : await client.GetTreeAsync(run.Id, TreeRound, pick.InstructionId, cancellationToken);
        return new(run, report, tree, await new TrainingCurves(client, curvesFolder).WriteAsync(run, cancellationToken));
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
}
