using System.Text.Json;
using System.Text.Json.Serialization;
using SPaR.Client;

namespace SPaR.Cli.Demo;

/// <summary>The metrics of one training step that are plotted.</summary>
/// <param name="Margin">Mean reward of the chosen sides minus that of the rejected ones; null without pairs.</param>
/// <param name="PreferenceLoss">DPO's loss without its SFT term; null in SFT.</param>
internal sealed record TrainingStep(
    int Step, double? Loss, double? PreferenceLoss, [property: JsonPropertyName("rewards/margins")] double? Margin);

/// <summary>Plots the trainings of a run: one file per metric, one line per round.</summary>
/// <param name="folder">Receives a folder per run.</param>
internal sealed class TrainingCurves(SparClient client, string folder)
{
    /// <returns>The paths of the files; none if nothing was trained.</returns>
    public async Task<IReadOnlyList<string>> WriteAsync(Run run, CancellationToken cancellationToken)
    {
        var actors = await ReadAsync(run, round => round.ActorTraining, cancellationToken);
        var refiners = await ReadAsync(run, round => round.RefinerTraining, cancellationToken);
        CurveDrawing[] drawings =
        [
            new("actor-loss", "Training of the actor: loss, in DPO with its SFT term", "loss", Lines(actors, step => step.Loss)),
            new("actor-preference-loss", "DPO of the actor: preference loss alone", "loss", Lines(actors, step => step.PreferenceLoss)),
            new("actor-margin", "DPO of the actor: reward margin of chosen over rejected", "margin", Lines(actors, step => step.Margin)),
            new("refiner-loss", "SFT of the refiner: loss", "loss", Lines(refiners, step => step.Loss)),
        ];
        var paths = new List<string>();
        foreach (var drawing in drawings.Where(drawing => drawing.Lines.Count > 0))
        {
            var path = Path.Combine(folder, run.Id, $"{drawing.Name}.svg");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, drawing.ToSvg(), cancellationToken);
            paths.Add(path);
        }

        return paths;
    }

    private async Task<IReadOnlyList<(int Round, IReadOnlyList<TrainingStep> Steps)>> ReadAsync(
        Run run, Func<Round, string?> training, CancellationToken cancellationToken)
    {
        var read = new List<(int, IReadOnlyList<TrainingStep>)>();
        foreach (var round in run.Rounds)
        {
            if (training(round) is { } id)
                read.Add((round.RoundNumber, await client.GetTrainingMetricsAsync(id, cancellationToken)
                    .Select(metrics => metrics.Deserialize<TrainingStep>(SparJson.Options)!).ToListAsync(cancellationToken)));
        }

        return read;
    }

    private static IReadOnlyList<CurveLine> Lines(
        IEnumerable<(int Round, IReadOnlyList<TrainingStep> Steps)> trainings, Func<TrainingStep, double?> value) =>
    [
        .. trainings.Select(training => new CurveLine(
            $"round {training.Round}", [.. training.Steps.Where(s => value(s) is not null).Select(s => ((double)s.Step, value(s)!.Value))]))
            .Where(line => line.Points.Count > 0),
    ];
}
