namespace SPaR.Service.Keys;

/// <summary>A stored API key: everything but its secret.</summary>
public sealed class ApiKey
{
    /// <summary><c>key_…</c></summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required Scope Scope { get; init; }

    /// <summary>SHA-256 of the secret. The secret has 256 random bits, so a slow hash would protect nothing more.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>Null: the setting applies.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>Null: the setting applies.</summary>
    public long? MaxBodyBytes { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>To the minute.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>Whether the key is neither revoked nor expired.</summary>
    public bool IsLive(DateTimeOffset now) => RevokedAt is null && (ExpiresAt is null || ExpiresAt > now);
}

/// <summary>A browser's login with a key. Ends with the key.</summary>
public sealed class KeySession
{
    /// <summary><c>ses_…</c></summary>
    public required string Id { get; init; }

    public required string KeyId { get; init; }

    /// <summary>SHA-256 of the secret in the cookie.</summary>
    public required byte[] Hash { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}
