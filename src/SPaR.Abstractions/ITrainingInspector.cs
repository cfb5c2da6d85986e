namespace SPaR.Abstractions;

/// <summary>Says whether the trainer can train a model, from the header of its file and in managed code only.</summary>
public interface ITrainingInspector
{
    /// <summary>The code of a refusal that <see cref="LoraOptions.TargetModules"/> are at fault for, and not the model.</summary>
    const string NoTarget = "no-lora-target";

    /// <param name="path">The file of a model that is no adapter.</param>
    /// <param name="lora">Null to train every weight.</param>
    /// <exception cref="ModelRejectedException">The trainer would refuse it; the message says what to do.</exception>
    void RequireTrainable(string path, LoraOptions? lora);

    /// <summary>The memory that a training takes on the CPU if its longest row is as long as the options allow.</summary>
    /// <param name="answerTokens">The most that an answer of a row has.</param>
    /// <param name="pairs">Whether rows are preferences, with two answers each.</param>
    /// <param name="free">Bytes that the training may take; null if that is unknown.</param>
    /// <exception cref="ModelRejectedException">The trainer would refuse the model.</exception>
    TrainingMemory PlanMemory(string path, TrainingOptions options, int answerTokens, bool pairs, long? free);
}

/// <summary>Memory of a training, in bytes.</summary>
/// <param name="Bytes">All of it at its most: the sum of the parts.</param>
/// <param name="Process">What the process takes without a model.</param>
/// <param name="Fits">Null if it is unknown how much is free.</param>
/// <param name="Problem">Why it does not fit, and with which options it would; null if it fits.</param>
public sealed record TrainingMemory(
    long Bytes, long Process, long Weights, long Adapters, long Gradients, long Optimiser, long Activations, long Converted, bool? Fits,
    string? Problem);
