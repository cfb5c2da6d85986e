using Microsoft.Extensions.Options;
using SPaR.Torch.Training;
using SPaR.Training;

namespace SPaR.Host;

/// <summary>A worker whose trainings could not run where <c>Training:Device</c> says does not start.</summary>
internal sealed class TrainingDevice : IValidateOptions<TrainerOptions>
{
    public ValidateOptionsResult Validate(string? name, TrainerOptions options)
    {
        if (options.Device != "cpu" && options.Command.Count > 0)
            return ValidateOptionsResult.Fail(
                $"Training:Device is '{options.Device}', which does not reach the program of Training:Command; give that its device itself "
                + "(ours takes --device) and leave the setting out.");
        return Trainer.Refusal(options.Device) is { } why ? ValidateOptionsResult.Fail(why) : ValidateOptionsResult.Success;
    }
}
