using System.Text.Json;
using System.Text.Json.Nodes;
using SPaR.Method.Input;

namespace SPaR.Service.OpenAi;

/// <summary>Reads a request for a fine-tuning job, as far as that needs no database, and collects every error.</summary>
internal static class FineTuningRequestReader
{
    private const int LongestSuffix = 64, MostMetadata = 16, LongestKey = 64, LongestValue = 512;

    private const string Dpo = "dpo", Supervised = "supervised", Hyperparameters = "hyperparameters";

    private static readonly NumberRange Multiplier = new(0, 1_000_000, AboveLeast: true);

    /// <summary>How the model is trained: an adapter, which is then merged, so that the result can be trained again.</summary>
    public static (TrainingMethod Method, TrainingOptions Options) Method(
        FineTuningJobRequest request, long seed, List<FieldError> errors)
    {
        var given = new FieldReader(request.Method, Place.Field("method"), errors);
        if (request.Method is null)
            return (TrainingMethod.Sft, Options(
                new(request.Hyperparameters, Place.Field(Hyperparameters), errors), TrainingMethod.Sft, seed));
        if (request.Hyperparameters is not null)
            errors.Add(new(Hyperparameters, $"is given beside method; put it into method.{Supervised}.{Hyperparameters}."));
        var type = given.RequiredOneOf("type", Supervised, Dpo);
        var method = type == Dpo ? TrainingMethod.Dpo : TrainingMethod.Sft;
        var part = given.Nested(type == Dpo ? Dpo : Supervised, given.Value(type == Dpo ? Dpo : Supervised));
        var options = Options(part.Nested(Hyperparameters, part.Value(Hyperparameters)), method, seed);
        part.RefuseUnknown();
        given.RefuseUnknown();
        return (method, options);
    }

    public static void Check(FineTuningJobRequest request, List<FieldError> errors)
    {
        if (request.ValidationFile is { } file && file == request.TrainingFile)
            errors.Add(new("validation_file", "is the training file; give other rows, or leave it out."));
        if (request.Integrations is { } given && (given.ValueKind != JsonValueKind.Array || given.GetArrayLength() > 0))
            errors.Add(new("integrations", "are not supported; leave them out. The events of the job have its metrics."));
        if (request.Suffix is { } suffix && (string.IsNullOrWhiteSpace(suffix) || suffix.Length > LongestSuffix))
            errors.Add(new("suffix", $"must have 1 to {LongestSuffix} characters; it has {suffix.Length}."));
    }

    /// <returns>Null without metadata.</returns>
    public static JsonNode? Metadata(JsonElement? json, List<FieldError> errors)
    {
        if (json is null)
            return null;
        var fields = new FieldReader(json, Place.Field("metadata"), errors);
        if (fields.Count > MostMetadata)
            errors.Add(new("metadata", $"has {fields.Count} pairs; at most {MostMetadata} are allowed."));
        if (!fields.IsValid)
            return null;
        var metadata = new JsonObject();
        foreach (var name in json.Value.EnumerateObject().Select(p => p.Name))
        {
            if (name.Length is 0 or > LongestKey)
                errors.Add(new("metadata", $"has a key of {name.Length} characters; it must have 1 to {LongestKey}."));
            var value = fields.RequiredText(name, $"a text of up to {LongestValue} characters", mayBeBlank: true);
            if (value.Length > LongestValue)
                fields.Fault(name, $"has {value.Length} characters; at most {LongestValue} are allowed.");
            metadata[name] = value;
        }

        return metadata;
    }

    private static TrainingOptions Options(FieldReader fields, TrainingMethod method, long seed)
    {
        var based = new TrainingOptions { Lora = new() { Merge = true }, LearningRate = LoraOptions.LearningRate(method), Seed = seed };
        var options = based with
        {
            NumTrainEpochs = IsAuto(fields, "n_epochs")
                ? based.NumTrainEpochs
                : fields.Whole("n_epochs", based.NumTrainEpochs, Range(nameof(based.NumTrainEpochs))),
            BatchSize = IsAuto(fields, "batch_size")
                ? based.BatchSize
                : fields.Whole("batch_size", based.BatchSize, Range(nameof(based.BatchSize))),
            LearningRate = IsAuto(fields, "learning_rate_multiplier")
                ? based.LearningRate
                : based.LearningRate * fields.Number("learning_rate_multiplier", 1, Multiplier),
            Beta = method is TrainingMethod.Sft || IsAuto(fields, "beta")
                ? based.Beta
                : fields.Number("beta", based.Beta, Range(nameof(based.Beta))),
        };
        fields.RefuseUnknown();
        if (options.LearningRate > Range(nameof(based.LearningRate)).Most)
            fields.Fault("learning_rate_multiplier", $"makes the learning rate {options.LearningRate}, which is above 1; "
                + $"it multiplies {based.LearningRate}.");
        return options;
    }

    /// <summary>Whether our own default is asked for.</summary>
    private static bool IsAuto(FieldReader fields, string name) =>
        fields.Value(name) is not { } value || (value.ValueKind == JsonValueKind.String && value.GetString() == "auto");

    private static NumberRange Range(string option) => NumberRange.Of<TrainingOptions>(option);
}
