namespace SPaR.Service.Keys;

/// <summary>An attempted change: by whom, from where, and its result.</summary>
public sealed class AuditEntry
{
    /// <summary><c>aud_…</c></summary>
    public required string Id { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Null without a valid key, in open mode, and for changes made on the machine itself.</summary>
    public string? KeyId { get; init; }

    public string? KeyName { get; init; }

    /// <summary>An IP address; <c>user@machine</c> for changes made on the machine itself.</summary>
    public string? RemoteAddress { get; init; }

    public required string Method { get; init; }

    /// <summary>The endpoint's route, such as <c>/v1/runs/{id}/pause</c>; null if no endpoint matched.</summary>
    public string? Route { get; init; }

    public required string Path { get; init; }

    /// <summary>Status of the response; null if the process ended before it.</summary>
    public int? Status { get; init; }

    /// <summary>Address of what was created.</summary>
    public string? Created { get; init; }

    /// <summary>The trace id that a problem response shows.</summary>
    public required string TraceId { get; init; }
}
