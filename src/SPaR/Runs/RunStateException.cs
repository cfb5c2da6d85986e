using SPaR.Storage;

namespace SPaR.Runs;

/// <summary>A run was asked for something that its status does not allow; nothing changed.</summary>
public sealed class RunStateException(string message) : Exception(message)
{
    /// <summary>Stable.</summary>
    public const string Code = "invalid-state";

    internal static RunStateException Of(Run run, string action, params ReadOnlySpan<RunStatus> allowed) =>
        Of($"The run {run.Id}", run.Status, action, allowed);

    /// <param name="what">"The run run_…".</param>
    internal static RunStateException Of(string what, RunStatus now, string action, params ReadOnlySpan<RunStatus> allowed)
    {
        var names = new List<string>();
        foreach (var status in allowed)
            names.Add(Kebab.Of(status));
        return new($"{what} is {Kebab.Of(now)}; it can be {action} while it is {string.Join(" or ", names)}.");
    }
}
