using SPaR.Method;
using SPaR.Method.Input;
using SPaR.Service.Items;

namespace SPaR.Service.Lifecycle;

/// <summary>A run was asked for something that its status does not allow; nothing changed.</summary>
public sealed class InvalidStateException(string message) : Exception(message)
{
    /// <summary>Stable.</summary>
    public const string Code = "invalid-state";

    internal static InvalidStateException Of(Run run, string action, params ReadOnlySpan<RunStatus> allowed) =>
        Of($"The run {run.Id}", run.Status, action, allowed);

    /// <param name="what">"The run run_…".</param>
    internal static InvalidStateException Of(string what, RunStatus now, string action, params ReadOnlySpan<RunStatus> allowed)
    {
        var names = new List<string>();
        foreach (var status in allowed)
            names.Add(EnumName.Of(status));
        return new($"{what} is {EnumName.Of(now)}; it can be {action} while it is {string.Join(" or ", names)}.");
    }
}
