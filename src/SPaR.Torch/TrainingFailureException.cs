namespace SPaR.Torch;

/// <summary>Training failed for a reason that the user can act on. The message says what happened and what to do.</summary>
/// <param name="code">One of <see cref="FailureCode"/>.</param>
/// <param name="row">The row that caused it, if one did.</param>
internal sealed class TrainingFailureException(string code, string message, string? row = null, Exception? inner = null)
    : Exception(message, inner)
{
    public string Code { get; } = code;

    public string? Row { get; } = row;
}

/// <summary>The codes of <c>failure.json</c>.</summary>
internal static class FailureCode
{
    public const string BadJob = "bad-job";
    public const string ModelFileChanged = "model-file-changed";
    public const string BadData = "bad-data";
    public const string NoData = "no-data";
    public const string IdenticalPairs = "identical-pairs";
    public const string BadDevice = "bad-device";
    public const string BadModel = "bad-model";
    public const string BadCheckpoint = "bad-checkpoint";
    public const string CheckpointNotWritten = "checkpoint-not-written";
    public const string Memory = "memory";
    public const string StepZero = "step-zero";
    public const string NotFinite = "not-finite";
    public const string RewardsStuck = "rewards-stuck";
    public const string ChosenCollapse = "chosen-collapse";
    public const string NativeMissing = "native-missing";
    public const string Files = "files";
    public const string Internal = "internal";
}
