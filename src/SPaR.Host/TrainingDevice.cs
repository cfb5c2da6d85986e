using Microsoft.Extensions.Options;
using SPaR.Service.Trainings;
using SPaR.Torch.Training;

namespace SPaR.Host;

/// <summary>A worker does not start where its trainings could not run: without libtorch, or without the device of
/// <c>Training:Device</c>.</summary>
internal sealed class TrainingDevice : IValidateOptions<TrainerOptions>
{
    public ValidateOptionsResult Validate(string? name, TrainerOptions options)
    {
        // What another program needs is its own affair.
        if (options.Command.Count > 0)
            return options.Device == "cpu" ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(
                $"Training:Device is '{options.Device}', which does not reach the program of Training:Command. Remove the setting, and "
                + "give that program its device as an argument (ours takes --device).");
        return Trainer.Refusal(options.Device) is { } why ? ValidateOptionsResult.Fail(why) : ValidateOptionsResult.Success;
    }
}
