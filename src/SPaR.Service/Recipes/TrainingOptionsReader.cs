using System.Text.Json;
using SPaR.Abstractions;
using SPaR.Method.Input;
using SPaR.Method.Recipes;

namespace SPaR.Service.Recipes;

/// <summary>Reads the hyper-parameters that a user wrote, and notes every fault; what is left out has its default.</summary>
internal static class TrainingOptionsReader
{
    private static readonly NumberRange Beta = new(0, 10, AboveLeast: true);
    private static readonly NumberRange SftWeight = new(0, 10);
    private static readonly NumberRange LabelSmoothing = new(0, 0.5, BelowMost: true);
    private static readonly NumberRange LearningRate = new(0, 1, AboveLeast: true);
    private static readonly NumberRange Warmup = new(0, 1);
    private static readonly NumberRange Decay = new(0, 1, BelowMost: true);
    private static readonly NumberRange WeightDecay = new(0, 10);
    private static readonly NumberRange MaxGradNorm = new(0, 1000);
    private static readonly NumberRange Alpha = new(0, 10_000, AboveLeast: true);
    private static readonly NumberRange Dropout = new(0, 1, BelowMost: true);
    private static readonly NumberRange Epochs = new(1, 1000);
    private static readonly NumberRange Batch = new(1, 65_536);
    private static readonly NumberRange MicroBatch = new(1, 4096);
    private static readonly NumberRange Cutoff = new(8, 131_072);
    private static readonly NumberRange CheckpointEvery = new(1, 1_000_000);
    private static readonly NumberRange Threads = new(0, 1024);
    private static readonly NumberRange Rank = new(1, 1024);

    private static readonly Dictionary<string, string> Schedules = Choices("linear", "cosine", "constant", "wsd");
    private static readonly Dictionary<string, string> Optimizers = Choices("adamw", "muon");
    private static readonly Dictionary<string, string> Precisions = Choices("f32", "bf16");

    /// <param name="seed">Of the request; it is an option of the training process.</param>
    /// <param name="path">What the input calls the options.</param>
    /// <param name="based">What is left out is taken from here; the defaults where null.</param>
    public static TrainingOptions Read(
        JsonElement? json, long seed, List<FieldError> errors, string path = "options", TrainingOptions? based = null)
    {
        based ??= new();
        var fields = new FieldReader(json, Place.Field(path), errors);
        var options = new TrainingOptions
        {
            Beta = fields.Number("beta", based.Beta, Beta),
            SftWeight = fields.Number("sft_weight", based.SftWeight, SftWeight),
            LabelSmoothing = fields.Number("label_smoothing", based.LabelSmoothing, LabelSmoothing),
            LearningRate = fields.Number("learning_rate", based.LearningRate, LearningRate),
            MuonLearningRate = MuonLearningRate(fields, based.MuonLearningRate),
            Schedule = fields.OneOf("schedule", based.Schedule, Schedules),
            Warmup = fields.Number("warmup", based.Warmup, Warmup),
            Epochs = fields.Whole("epochs", based.Epochs, Epochs),
            Batch = fields.Whole("batch", based.Batch, Batch),
            MicroBatch = fields.Whole("micro_batch", based.MicroBatch, MicroBatch),
            Cutoff = fields.Whole("cutoff", based.Cutoff, Cutoff),
            Optimizer = fields.OneOf("optimizer", based.Optimizer, Optimizers),
            Beta1 = fields.Number("beta1", based.Beta1, Decay),
            Beta2 = fields.Number("beta2", based.Beta2, Decay),
            WeightDecay = fields.Number("weight_decay", based.WeightDecay, WeightDecay),
            MaxGradNorm = fields.Number("max_grad_norm", based.MaxGradNorm, MaxGradNorm),
            Precision = fields.OneOf("precision", based.Precision, Precisions),
            GradientCheckpointing = fields.Flag("gradient_checkpointing", based.GradientCheckpointing),
            CheckpointEvery = fields.Whole("checkpoint_every", based.CheckpointEvery, CheckpointEvery),
            Threads = fields.Whole("threads", based.Threads, Threads),
            Lora = Lora(fields, based.Lora),
            Seed = seed,
        };
        if (options is { MuonLearningRate: not null, Optimizer: not "muon" })
            fields.Fault("muon_learning_rate", "belongs to the optimizer muon; set optimizer to it, or leave this out.");
        fields.RefuseUnknown();
        return options;
    }

    private static double? MuonLearningRate(FieldReader options, double? otherwise) => options.Raw("muon_learning_rate") switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.Null } => null,
        _ => options.Number("muon_learning_rate", new TrainingOptions().LearningRate, LearningRate),
    };

    private static LoraOptions? Lora(FieldReader options, LoraOptions? otherwise)
    {
        if (options.Raw("lora") is not { } given)
            return otherwise;
        if (given.ValueKind == JsonValueKind.Null)
            return null;
        var based = new LoraOptions();
        var fields = options.Section("lora");
        var targets = fields.Texts("targets", $"a list of {string.Join(", ", based.Targets)}");
        foreach (var unknown in targets.Where(t => !based.Targets.Contains(t)))
            fields.Fault("targets", $"has the unknown weight '{unknown}'. Known: {string.Join(", ", based.Targets)}.");
        if (targets.Length != targets.Distinct().Count())
            fields.Fault("targets", "names a weight twice.");
        var lora = new LoraOptions
        {
            Rank = fields.Whole("rank", based.Rank, Rank),
            Alpha = fields.Number("alpha", based.Alpha, Alpha),
            Dropout = fields.Number("dropout", based.Dropout, Dropout),
            Targets = fields.Raw("targets") is null ? based.Targets : targets,
            Merge = fields.Flag("merge", based.Merge),
        };
        if (lora.Targets.Length == 0 && fields.Raw("targets") is { ValueKind: JsonValueKind.Array })
            fields.Fault("targets", "is empty; name at least one weight, or leave it out for all.");
        fields.RefuseUnknown();
        return lora;
    }

    private static Dictionary<string, string> Choices(params string[] names) => names.ToDictionary(name => name);
}
