using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using SPaR.Method;
using SPaR.Service.Trainings;

namespace SPaR.Service.OpenAi;

/// <summary>A training run as OpenAI shows it. Times are in seconds since 1970.</summary>
/// <param name="FineTunedModel">The id of the model that it made; null until then.</param>
/// <param name="Model">The id of the model that training starts from.</param>
/// <param name="ResultFiles">The metrics of all steps, once it has succeeded.</param>
/// <param name="Seed">Its lowest 31 bits: clients read no more.</param>
/// <param name="Status"><c>validating_files</c> while its rows are tokenised, then as our own; one that is being cancelled is
/// cancelled.</param>
/// <param name="TrainedTokens">In all epochs; null until it has succeeded.</param>
/// <param name="TrainingFile">The id of a file, which is a dataset.</param>
/// <param name="ValidationFile">The id of a file whose rows are evaluated and not trained on; null without one.</param>
/// <param name="EstimatedFinish">Null while nothing is known.</param>
internal sealed record FineTuningJob(
    string Id, long CreatedAt, FineTuningError? Error, string? FineTunedModel, long? FinishedAt, FineTuningHyperparameters Hyperparameters,
    string Model, IReadOnlyList<string> ResultFiles, int Seed, string Status, long? TrainedTokens, string TrainingFile,
    long? EstimatedFinish, JsonNode? Metadata, FineTuningMethod Method, string? UserProvidedSuffix, string? ValidationFile)
{
    public string Object { get; } = "fine_tuning.job";

    public string OrganizationId { get; } = "spar";

    public IReadOnlyList<string> Integrations { get; } = [];

    /// <param name="view">Has what is read from other tables.</param>
    public static FineTuningJob Of(TrainingRun run, TrainingRunView view, TimeProvider time)
    {
        var hyperparameters = FineTuningHyperparameters.Of(run.Options, run.Method);
        var succeeded = run.Status is RunStatus.Succeeded;
        return new(
            run.Id, run.CreatedAt.ToUnixTimeSeconds(), FineTuningError.Of(run), run.ResultId, run.FinishedAt?.ToUnixTimeSeconds(),
            hyperparameters with { Beta = null }, run.ModelId, succeeded ? [run.Id] : [], (int)(run.Options.Seed & int.MaxValue),
            StatusOf(run), succeeded ? (long?)view.Metrics?["num_tokens"] : null, run.Sources[0].Upload!,
            view.RemainingSeconds is { } seconds ? time.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds() : null, run.Metadata,
            FineTuningMethod.Of(run.Method, hyperparameters), run.Suffix, run.EvalSource?.Upload);
    }

    private static string StatusOf(TrainingRun run) => run.Status switch
    {
        RunStatus.Running when run.Steps is null => "validating_files",
        RunStatus.Cancelling => "cancelled",
        var status => JsonNamingPolicy.SnakeCaseLower.ConvertName(status.ToString()),
    };
}

/// <param name="Param">The file, if one of its rows is at fault.</param>
internal sealed record FineTuningError(string Code, string Message, string? Param)
{
    public static FineTuningError? Of(TrainingRun run) => run.FailureCode is { } code
        ? new(code.Replace('-', '_'), run.FailureMessage ?? "", run.FailureRow is null ? null : "training_file")
        : null;
}

/// <summary>As used: nothing is "auto" any more.</summary>
/// <param name="LearningRateMultiplier">Of the default rate of a training with an adapter.</param>
/// <param name="Beta">Of dpo only.</param>
internal sealed record FineTuningHyperparameters(
    int NEpochs, int BatchSize, double LearningRateMultiplier,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Beta)
{
    public static FineTuningHyperparameters Of(TrainingOptions options, TrainingMethod method) => new(
        options.NumTrainEpochs, options.BatchSize, Math.Round(options.LearningRate / LoraOptions.LearningRate(method), 9),
        method is TrainingMethod.Dpo ? options.Beta : null);
}

/// <param name="Type"><c>dpo</c> or <c>supervised</c>; the property of that name has the hyperparameters.</param>
internal sealed record FineTuningMethod(
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] FineTuningMethodOptions? Dpo,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] FineTuningMethodOptions? Supervised)
{
    public static FineTuningMethod Of(TrainingMethod method, FineTuningHyperparameters hyperparameters) => method is TrainingMethod.Dpo
        ? new("dpo", new(hyperparameters), null)
        : new("supervised", null, new(hyperparameters));
}

internal sealed record FineTuningMethodOptions(FineTuningHyperparameters Hyperparameters);
