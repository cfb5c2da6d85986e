namespace SPaR.Service.Trainings;

/// <summary>The command that starts a training process.</summary>
internal static class TrainerCommand
{
    /// <summary>This program in the role of trainer, unless the settings name a command. The folder is appended.</summary>
    public static IReadOnlyList<string> Of(TrainerOptions options) => options.Command.Count > 0
        ? [.. options.Command]
        : [.. SelfExecutable.InRole("trainer"), "--device", options.Device, "--folder"];
}
