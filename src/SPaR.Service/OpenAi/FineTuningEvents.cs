using System.Globalization;
using System.Text.Json.Nodes;
using SPaR.Method;
using SPaR.Service.Trainings;

namespace SPaR.Service.OpenAi;

/// <summary>What happened in a job, told from its training run: it was created and started, each step with its metrics, and how it ended.
/// An event's id has its place among them, so that nothing has to be stored.</summary>
internal static class FineTuningEvents
{
    // A step has the place after its number.
    private const int Created = 0, Started = 1, ModelMade = int.MaxValue - 1, Ended = int.MaxValue;

    /// <param name="after">The id of the last event that is known.</param>
    /// <returns>At most so many, newest first.</returns>
    public static async Task<List<FineTuningEvent>> ReadAsync(
        SparDb db, TrainingRun run, string? after, int most, CancellationToken cancellationToken)
    {
        var before = after is null ? (long)int.MaxValue + 1 : PlaceOf(run, after);
        var steps = await db.TrainingMetrics.AsNoTracking()
            .Where(m => m.TrainingRunId == run.Id && m.Step + 1 < before).OrderByDescending(m => m.Step).Take(most)
            .ToListAsync(cancellationToken);
        return
        [
            .. AtEnd(run).Where(e => e.Place < before).Concat(steps.Select(m => (m.Step + 1, StepOf(run, m))))
                .Concat(AtStart(run).Where(e => e.Place < before)).Take(most).Select(e => e.Item2 with { Id = IdOf(run, e.Item1) }),
        ];
    }

    private static IEnumerable<(int Place, FineTuningEvent Event)> AtEnd(TrainingRun run)
    {
        if (run.FinishedAt is not { } finished)
            yield break;
        yield return (Ended, run.Status switch
        {
            RunStatus.Succeeded => Message(finished, "info", "The job has successfully completed"),
            RunStatus.Failed => Message(finished, "error", $"The job failed: {run.FailureMessage}"),
            _ => Message(finished, "info", "The job was cancelled"),
        });
        if (run.ResultId is { } model)
            yield return (ModelMade, Message(finished, "info", $"New fine-tuned model created: {model}"));
    }

    private static IEnumerable<(int Place, FineTuningEvent Event)> AtStart(TrainingRun run)
    {
        if (run.StartedAt is { } started)
            yield return (Started, Message(started, "info", "Fine-tuning job started"));
        yield return (Created, Message(run.CreatedAt, "info", $"Created fine-tuning job: {run.Id}"));
    }

    private static FineTuningEvent StepOf(TrainingRun run, TrainingMetric metric)
    {
        var loss = (double?)metric.Values["loss"];
        var data = metric.Values.DeepClone().AsObject();
        data["step"] = metric.Step;
        data["train_loss"] = loss;
        var validLoss = (double?)metric.Values["eval_loss"];
        if (validLoss is not null)
            (data["valid_loss"], data["full_valid_loss"]) = (validLoss, validLoss);
        data["total_steps"] = run.Steps;
        return new(
            "", metric.ReadAt.ToUnixTimeSeconds(), "info",
            string.Create(CultureInfo.InvariantCulture, $"Step {metric.Step}/{run.Steps}: training loss={loss:0.00##}")
                + (validLoss is null ? "" : string.Create(CultureInfo.InvariantCulture, $", validation loss={validLoss:0.00##}")),
            "metrics", data);
    }

    private static FineTuningEvent Message(DateTimeOffset at, string level, string message) =>
        new("", at.ToUnixTimeSeconds(), level, message, "message", null);

    private static string IdOf(TrainingRun run, int place) => string.Create(CultureInfo.InvariantCulture, $"ftevent-{run.Id}-{place}");

    private static long PlaceOf(TrainingRun run, string id) =>
        id.StartsWith($"ftevent-{run.Id}-", StringComparison.Ordinal) && int.TryParse(
            id[$"ftevent-{run.Id}-".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var place)
            ? place
            : throw OpenAiPage.NotOurs(id);
}

/// <param name="Level"><c>info</c>, <c>warn</c> or <c>error</c>.</param>
/// <param name="Type"><c>message</c> or <c>metrics</c>.</param>
/// <param name="Data">Of metrics: those of the step, and the loss as <c>train_loss</c> too. Where the validation file was evaluated, its
/// loss as <c>valid_loss</c> and <c>full_valid_loss</c>: it is always evaluated whole.</param>
internal sealed record FineTuningEvent(string Id, long CreatedAt, string Level, string Message, string Type, JsonNode? Data)
{
    public string Object { get; } = "fine_tuning.job.event";
}

/// <summary>A model that a job made on the way and that can be used. What a training resumes from is none.</summary>
/// <param name="FineTunedModelCheckpoint">The id of the model.</param>
internal sealed record FineTuningCheckpoint(
    string Id, long CreatedAt, string FineTunedModelCheckpoint, string FineTuningJobId, FineTuningCheckpointMetrics Metrics, int StepNumber)
{
    public string Object { get; } = "fine_tuning.job.checkpoint";

    /// <param name="last">The metrics of the last step.</param>
    public static FineTuningCheckpoint? Of(TrainingRun run, TrainingMetric? last) =>
        run is { ResultId: { } model, FinishedAt: { } finished }
            ? new(
                $"ftckpt-{run.Id}", finished.ToUnixTimeSeconds(), model, run.Id,
                FineTuningCheckpointMetrics.Of(run.Step, last), run.Step)
            : null;
}

/// <param name="ValidLoss">Of the validation file; null without one.</param>
internal sealed record FineTuningCheckpointMetrics(int Step, double? TrainLoss, double? ValidLoss, double? FullValidLoss)
{
    public static FineTuningCheckpointMetrics Of(int step, TrainingMetric? metric) =>
        new(step, (double?)metric?.Values["loss"], (double?)metric?.Values["eval_loss"], (double?)metric?.Values["eval_loss"]);
}
