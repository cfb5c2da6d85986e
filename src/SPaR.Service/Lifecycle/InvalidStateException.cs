using SPaR.Method;
using SPaR.Method.Input;

namespace SPaR.Service.Lifecycle;

/// <summary>The status does not allow what was asked for; nothing changed.</summary>
public sealed class InvalidStateException(string message) : Exception(message)
{
    /// <summary>Stable.</summary>
    public const string Code = "invalid-state";

    internal static InvalidStateException Of(WorkKind kind, string id, RunStatus now, StatusMove move) => new(
        $"The {kind.Name} {id} is {EnumName.Of(now)}; it can be {Participle(move)} while it is "
        + $"{string.Join(" or ", StatusTransitions.From(kind, move).Select(EnumName.Of))}.");

    private static string Participle(StatusMove move) => move switch
    {
        StatusMove.Pause => "paused",
        StatusMove.Cancel => "cancelled",
        StatusMove.Resume => "resumed",
        StatusMove.Retry => "retried",
        _ => throw new ArgumentOutOfRangeException(nameof(move), move, "Users do not ask for this move."),
    };
}

/// <summary>What was to be moved has been deleted.</summary>
public sealed class MissingWorkException(string message) : Exception(message);
