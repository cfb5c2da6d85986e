using System.Text.Json;
using SPaR.Method.Input;

namespace SPaR.Service.Recipes;

/// <summary>Reads the hyper-parameters of a training.</summary>
internal static class TrainingOptionsReader
{
    /// <param name="seed">It is no field of the options.</param>
    public static TrainingOptions Read(JsonElement? json, TrainingMethod method, long seed, List<FieldError> errors) =>
        Read(new FieldReader(json, Place.Field("options"), errors), method, seed, new TrainingOptions());

    /// <param name="based">What is left out is taken from here.</param>
    public static TrainingOptions Read(FieldReader fields, TrainingMethod method, long seed, TrainingOptions based)
    {
        fields.Elsewhere = TrlNames.Options;
        return fields.Options(based, options =>
        {
            if (options is { MuonLearningRate: not null, Optimizer: not "muon" })
                fields.Fault("muon_learning_rate", "belongs to the optimizer muon; set optimizer to it, or leave this out.");
            options = LossOptionsReader.Read(fields, method, options, based);
            var lora = Lora(fields, based.Lora);
            // An adapter that was added gets its own default, unless the rate is given too.
            var rate = lora is null || based.Lora is not null || fields.Has("learning_rate")
                ? options.LearningRate
                : LoraOptions.LearningRate(method);
            return options with { Lora = lora, LearningRate = rate, Seed = seed };
        });
    }

    private static LoraOptions? Lora(FieldReader options, LoraOptions? otherwise)
    {
        if (options.Raw("lora") is not { } given)
            return otherwise;
        if (given.ValueKind == JsonValueKind.Null)
            return null;
        var based = new LoraOptions();
        var fields = options.Section("lora");
        fields.Elsewhere = TrlNames.Options;
        var targets = fields.Has("targets") ? fields.Texts("targets", $"a list of {string.Join(", ", LoraOptions.AllTargets)}") : [];
        foreach (var unknown in targets.Where(t => !LoraOptions.AllTargets.Contains(t)))
            fields.Fault("targets", $"has the unknown weight '{unknown}'. Known: {string.Join(", ", LoraOptions.AllTargets)}.");
        if (targets.Length != targets.Distinct().Count())
            fields.Fault("targets", "names a weight twice.");
        if (targets.IsEmpty && fields.Raw("targets") is { ValueKind: JsonValueKind.Array })
            fields.Fault("targets", "is empty; name at least one weight, or leave it out for all.");
        return fields.Options(targets.IsEmpty ? based : based with { Targets = targets });
    }
}
