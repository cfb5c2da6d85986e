namespace SPaR.Service.Keys;

/// <summary>Something that was to be changed: by whom, from where, and what came of it.</summary>
public sealed class AuditEntry
{
    /// <summary><c>aud_…</c></summary>
    public required string Id { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Null for who showed no valid key, in open mode, and at the machine itself.</summary>
    public string? KeyId { get; init; }

    public string? KeyName { get; init; }

    /// <summary>An IP address; for a change at the machine itself <c>user@machine</c>.</summary>
    public string? RemoteAddress { get; init; }

    public required string Method { get; init; }

    /// <summary>The address as it is mapped, as in <c>/v1/runs/{id}/pause</c>; null for one that is not.</summary>
    public string? Route { get; init; }

    public required string Path { get; init; }

    /// <summary>What was answered; null where the process ended before.</summary>
    public int? Status { get; init; }

    /// <summary>The address of what was made.</summary>
    public string? Created { get; init; }

    /// <summary>As in the answer, where that was a problem.</summary>
    public required string TraceId { get; init; }
}
