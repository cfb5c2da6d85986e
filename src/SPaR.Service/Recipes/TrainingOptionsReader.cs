using System.Text.Json;
using SPaR.Method.Input;

namespace SPaR.Service.Recipes;

/// <summary>Reads the hyper-parameters of a training.</summary>
internal static class TrainingOptionsReader
{
    /// <param name="seed">It is no field of the options.</param>
    /// <param name="hasEvalDataset">Whether the request names a dataset of held-out rows.</param>
    public static TrainingOptions Read(
        JsonElement? json, TrainingMethod method, long seed, List<FieldError> errors, bool hasEvalDataset = false) =>
        Read(new FieldReader(json, Place.Field("options"), errors), method, seed, new TrainingOptions(), hasEvalDataset);

    /// <param name="based">What is left out is taken from here.</param>
    public static TrainingOptions Read(
        FieldReader fields, TrainingMethod method, long seed, TrainingOptions based, bool hasEvalDataset = false)
    {
        fields.Elsewhere = TrlNames.Options;
        return fields.Options(based, options =>
        {
            if (options is { MuonLearningRate: not null, Optim: not "muon" })
                fields.Fault("muon_learning_rate", "belongs to the optimizer muon; set optim to it, or leave this out.");
            CheckEvaluation(fields, method, options, hasEvalDataset);
            options = LossOptionsReader.Read(fields, method, options, based);
            var lora = Lora(fields, based.Lora);
            // An adapter that was added gets its own default, unless the rate is given too.
            var rate = lora is null || based.Lora is not null || fields.Has("learning_rate")
                ? options.LearningRate
                : LoraOptions.LearningRate(method);
            return options with { Lora = lora, LearningRate = rate, Seed = seed };
        });
    }

    /// <summary>An option that has nothing to work on must not look as if it had an effect.</summary>
    private static void CheckEvaluation(FieldReader fields, TrainingMethod method, TrainingOptions options, bool hasEvalDataset)
    {
        var defaults = new TrainingOptions();
        var choosesMetric = options.MetricForBestModel != defaults.MetricForBestModel;
        if (hasEvalDataset && options.ValSize > 0)
            fields.Fault("val_size", "holds out a share of the data, and eval_dataset names held-out rows; leave one of them out.");
        if (!hasEvalDataset && options.ValSize == 0)
            foreach (var name in new[]
            {
                options.EvalSteps is null ? null : "eval_steps",
                options.LoadBestModelAtEnd ? "load_best_model_at_end" : null,
                options.EarlyStoppingPatience is null ? null : "early_stopping_patience",
                choosesMetric ? "metric_for_best_model" : null,
            }.OfType<string>())
                fields.Fault(name, "needs held-out rows; set val_size, or name an eval_dataset of the training run.");
        else if (choosesMetric && !options.LoadBestModelAtEnd && options.EarlyStoppingPatience is null)
            fields.Fault("metric_for_best_model", "has no effect without load_best_model_at_end or early_stopping_patience.");
        if (options.EarlyStoppingThreshold != 0 && options.EarlyStoppingPatience is null)
            fields.Fault("early_stopping_threshold", "has no effect without early_stopping_patience.");
        if (method is TrainingMethod.Sft && choosesMetric)
            fields.Fault("metric_for_best_model", "must be eval_loss with the method sft, which has no rewards.");
    }

    private static LoraOptions? Lora(FieldReader options, LoraOptions? otherwise)
    {
        if (options.Raw("lora") is not { } given)
            return otherwise;
        if (given.ValueKind == JsonValueKind.Null)
            return null;
        var based = new LoraOptions();
        var fields = options.Section("lora");
        fields.Elsewhere = TrlNames.Lora;
        var targets = fields.Has("target_modules")
            ? fields.Texts("target_modules", $"a list of {string.Join(", ", LoraOptions.AllTargets)}")
            : [];
        foreach (var unknown in targets.Where(t => !LoraOptions.AllTargets.Contains(t)))
            fields.Fault("target_modules", $"has the unknown matrix '{unknown}'"
                + (TrlNames.Modules.TryGetValue(unknown, out var ours) ? $", which is {ours} here." : ".")
                + $" Known: {string.Join(", ", LoraOptions.AllTargets)}.");
        if (targets.Length != targets.Distinct().Count())
            fields.Fault("target_modules", "names a matrix twice.");
        if (targets.IsEmpty && fields.Raw("target_modules") is { ValueKind: JsonValueKind.Array })
            fields.Fault("target_modules", "is empty; name at least one matrix, or leave it out for all.");
        return fields.Options(targets.IsEmpty ? based : based with { TargetModules = targets });
    }
}
