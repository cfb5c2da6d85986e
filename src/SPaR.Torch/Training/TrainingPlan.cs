using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SPaR.Torch.Losses;
using SPaR.Torch.Optimisers;

namespace SPaR.Torch.Training;

/// <summary>The job in a training folder, read and checked before the model is loaded.</summary>
/// <param name="ModelHash">SHA-256 of the model's file, in hex.</param>
internal sealed record TrainingPlan(string Folder, TrainingJob Job, string ModelHash)
{
    /// <exception cref="TrainingFailureException">The job cannot be used; the message names file and field.</exception>
    public static TrainingPlan Read(string folder)
    {
        var path = Path.Combine(folder, TrainingFolder.Job);
        TrainingJob job;
        try
        {
            job = JsonSerializer.Deserialize<TrainingJob>(File.ReadAllText(path), TrainingJson.Options)
                ?? throw new JsonException("it is null");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new TrainingFailureException(FailureCode.BadJob, $"{path} cannot be read: {e.Message}", inner: e);
        }
        RequireUsable(job);
        var hash = HashOf(job.Model);
        if (job.ModelSha256 is { } registered && registered != hash)
            throw Changed(job.Model, "it was registered", registered, hash);
        return new TrainingPlan(folder, job, hash);
    }

    /// <summary>Frozen weights are read from the file all the time, so a result is worth nothing if it has changed meanwhile.</summary>
    /// <exception cref="TrainingFailureException"><c>model-file-changed</c>.</exception>
    public void RequireUnchangedModel()
    {
        if (HashOf(Job.Model) is var hash && hash != ModelHash)
            throw Changed(Job.Model, "the training started", ModelHash, hash);
    }

    public TrainingOptions Options => Job.Options;

    /// <summary>As <see cref="Models.LanguageModel"/> takes it.</summary>
    public string Precision => Options.Bf16 ? "bf16" : "f32";

    /// <summary>Hashes everything that the result depends on, so that a checkpoint of another job or other data is recognised.</summary>
    public string RunHash()
    {
        // The model's path, the checkpoints and the number of threads are no part of a run's identity.
        var job = Job with
        {
            Model = ModelHash,
            ModelSha256 = null,
            Options = Options with { SaveSteps = 1, SaveTotalLimit = 1, Threads = 0 },
        };
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(job, TrainingJson.Options)));
        foreach (var file in new[] { TrainingFolder.Data, TrainingFolder.EvalData }.Select(PathOf).Where(File.Exists))
        {
            using var data = File.OpenRead(file);
            hash.AppendData(SHA256.HashData(data));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public TrainingData ReadData(int vocabulary)
    {
        var data = Read(TrainingFolder.Data);
        foreach (var empty in Enumerable.Range(0, Job.Weights.Length).Where(set => data.Examples.All(row => row.Set != set)))
            throw new TrainingFailureException(FailureCode.NoData,
                $"No row of dataset {empty + 1} is usable, and it has a weight. Raise max_length, change its rows, or leave it out.");
        if (!File.Exists(PathOf(TrainingFolder.EvalData)))
            return data;
        var heldOut = Read(TrainingFolder.EvalData);
        return data with { HeldOut = heldOut.Examples, Dropped = [.. data.Dropped, .. heldOut.Dropped] };

        TrainingData Read(string file) =>
            TrainingData.Read(File.ReadLines(PathOf(file)), Job.Method, Options.MaxLength, vocabulary, file);
    }

    private string PathOf(string file) => Path.Combine(Folder, file);

    /// <param name="rowsOfParts">See <see cref="Muon"/>.</param>
    public IOptimiser Optimiser(Func<string, long, long[]> rowsOfParts)
    {
        var adam = new AdamW(Options.AdamBeta1, Options.AdamBeta2, Options.WeightDecay);
        return Options.Optim switch
        {
            "muon" => new Muon(
                adam, Options.WeightDecay, rowsOfParts, (Options.MuonLearningRate ?? Options.LearningRate) / Options.LearningRate),
            "adamw_8bit" => new AdamW8Bit(adam),
            _ => adam,
        };
    }

    public IPreferenceLoss PreferenceLoss() => PreferenceLosses.Of(Options);

    private static string HashOf(string model)
    {
        using var file = RegularFile.OpenRead(model);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private static TrainingFailureException Changed(string model, string since, string before, string now) => new(
        FailureCode.ModelFileChanged,
        $"{model} has changed since {since}: its SHA-256 was {before} and is {now}. Put the registered file back, then resume.");

    /// <summary>Checks only what would crash a run or never let it end; ranges are checked when a training is created.</summary>
    private static void RequireUsable(TrainingJob job)
    {
        void Require(bool valid, string field, string rule)
        {
            if (!valid)
                throw new TrainingFailureException(FailureCode.BadJob, $"{TrainingFolder.Job}, field '{field}': {rule}.");
        }

        Require(File.Exists(job.Model), "model", $"the file {job.Model} does not exist");
        var options = job.Options;
        Require(options is not null, "options", "is missing");
        Require(options!.Beta > 0, "options.beta", "must be above 0");
        Require(
            !options.LossType.IsDefaultOrEmpty && options.LossType.All(PreferenceLosses.All.ContainsKey), "options.loss_type",
            $"must be of {string.Join(", ", PreferenceLosses.All.Keys)}");
        Require(
            options.LossWeights is { IsDefault: false } weights && (weights.IsEmpty || weights.Length == options.LossType.Length),
            "options.loss_weights", "must have a weight for each loss_type, or none");
        Require(options.LearningRate > 0, "options.learning_rate", "must be above 0");
        Require(options.MuonLearningRate is null or > 0, "options.muon_learning_rate", "must be above 0");
        Require(options.WarmupRatio is >= 0 and <= 1, "options.warmup_ratio", "must be 0 to 1");
        Require(
            Schedule.Names.Contains(options.LrSchedulerType), "options.lr_scheduler_type",
            $"must be one of {string.Join(", ", Schedule.Names)}");
        Require(options.Optim is "adamw_torch" or "adamw_8bit" or "muon", "options.optim", "must be adamw_torch, adamw_8bit or muon");
        Require(options.NumTrainEpochs >= 1, "options.num_train_epochs", "must be at least 1");
        Require(options.BatchSize >= 1, "options.batch_size", "must be at least 1");
        Require(options.MicroBatchSize >= 1, "options.micro_batch_size", "must be at least 1");
        Require(options.MaxLength >= 2, "options.max_length", "must be at least 2");
        Require(options.SaveSteps >= 1, "options.save_steps", "must be at least 1");
        Require(options.EvalSteps is null or >= 1, "options.eval_steps", "must be at least 1");
        Require(options.SaveTotalLimit >= 1, "options.save_total_limit", "must be at least 1");
        Require(options.Threads >= 0, "options.threads", "must not be negative");
    }
}
