using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SPaR.Service.Idempotency;

/// <summary>A request with an <c>Idempotency-Key</c> that has changed something. The row is committed together with the change.</summary>
public sealed class StoredRequest
{
    /// <summary>The API key that sent it; empty in open mode.</summary>
    public required string Caller { get; init; }

    /// <summary>SHA-256 of the <c>Idempotency-Key</c>.</summary>
    public required byte[] KeyHash { get; init; }

    /// <summary>SHA-256 of method, path, query and body.</summary>
    public required byte[] RequestHash { get; init; }

    /// <summary>The id of what was created or changed; null if it has none.</summary>
    public string? Resource { get; init; }

    /// <summary>The answer, sealed with the <c>Idempotency-Key</c> (<see cref="KeptAnswer"/>); null until it is known.</summary>
    public byte[]? Answer { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>The table of requests that may be sent again.</summary>
internal static class StoredRequestTables
{
    extension(SparDb db)
    {
        public DbSet<StoredRequest> StoredRequests => db.Set<StoredRequest>();
    }
}

internal sealed class StoredRequestTable : IEntityTypeConfiguration<StoredRequest>
{
    public void Configure(EntityTypeBuilder<StoredRequest> table)
    {
        table.ToTable("idempotent_requests");
        table.HasKey(r => new { r.Caller, r.KeyHash });
        table.HasIndex(r => r.CreatedAt);
    }
}
