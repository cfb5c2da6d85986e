using SPaR.Abstractions;

namespace SPaR.Service.Trainings;

/// <summary>What starts a training process.</summary>
internal static class TrainerCommand
{
    /// <summary>The command, to which the folder is added: this very program in another role, unless the settings name one.</summary>
    public static IReadOnlyList<string> Of(TrainerOptions options) => options.Command.Count > 0
        ? [.. options.Command]
        : [.. SelfExecutable.InRole("trainer", "Training:Command"), "--device", options.Device, "--folder"];
}
