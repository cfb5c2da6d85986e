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
}
