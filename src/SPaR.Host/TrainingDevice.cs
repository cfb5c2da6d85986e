using Microsoft.Extensions.Options;
using SPaR.Service.Trainings;
using SPaR.Torch.Training;

namespace SPaR.Host;

/// <summary>Checks at startup that trainings can run: that libtorch and the device of <c>Training:Device</c> are available.</summary>
internal sealed class TrainingDevice : IValidateOptions<TrainerOptions>
{
    public ValidateOptionsResult Validate(string? name, TrainerOptions options)
    {
        // Another training program has its own requirements.
        if (options.Command.Count > 0)
            return options.Device == "cpu" ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(
                $"Training:Device is '{options.Device}', but it is not passed to the program of Training:Command. Remove the setting, and "
                + "pass the device as an argument of that program (ours takes --device).");
        return Trainer.Refusal(options.Device) is { } why ? ValidateOptionsResult.Fail(why) : ValidateOptionsResult.Success;
    }
}
