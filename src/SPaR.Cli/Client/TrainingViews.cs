using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace SPaR.Cli.Client;

internal sealed record TrainingRequest(
    string Method, string Model, JsonObject Dataset, JsonObject? EvalDataset, JsonObject Options, long? Seed, string? Name);

internal sealed record TrainingFailure(string Code, string Message);

/// <param name="Path">Relative to the models folder.</param>
internal sealed record AdapterView(string Path);

/// <param name="Code"><c>completed</c> or <c>early-stopping</c>.</param>
internal sealed record TrainingOutcome(string Code, string Message);

/// <param name="Metrics">The last step's, under TRL's names.</param>
/// <param name="Evaluation">Those of the last step that was evaluated on held-out rows.</param>
internal sealed record TrainingRunView(
    string Id, string Status, int Step, int? Steps, double? RemainingSeconds, JsonObject? Metrics, JsonObject? Evaluation,
    TrainingFailure? Failure, TrainingOutcome? Outcome, string? Result, AdapterView? Adapter)
{
    public bool Ended => Status is "succeeded" or "failed" or "cancelled";
}

/// <summary>The metrics of one training step that are plotted.</summary>
/// <param name="Margin">Mean reward of the chosen sides minus that of the rejected ones; null without pairs.</param>
/// <param name="PreferenceLoss">DPO's loss without its SFT term; null in SFT.</param>
internal sealed record TrainingStep(
    int Step, double? Loss, double? PreferenceLoss, [property: JsonPropertyName("rewards/margins")] double? Margin);
