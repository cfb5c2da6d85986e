using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SPaR.Service.Events;

/// <summary>Something that happened to a run, a training, an evaluation or a conversion. Written in the transaction that made it happen,
/// under the lock on the subject's row: the ids of a subject's events grow in the order in which they can be seen.</summary>
public sealed class StoredEvent
{
    public required long Id { get; init; }

    /// <summary>The id of what it happened to.</summary>
    public required string Subject { get; init; }

    /// <summary>Such as <c>run.succeeded</c> or <c>run.stage</c>.</summary>
    public required string Type { get; init; }

    /// <summary>What the type has to say.</summary>
    public required JsonNode Data { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>The table of events.</summary>
internal static class EventTables
{
    extension(SparDb db)
    {
        public DbSet<StoredEvent> Events => db.Set<StoredEvent>();
    }
}

internal sealed class StoredEventTable : IEntityTypeConfiguration<StoredEvent>
{
    public void Configure(EntityTypeBuilder<StoredEvent> table)
    {
        table.ToTable("events");
        table.Property(x => x.CreatedAt).HasDefaultValueSql("now()");
        table.HasIndex(x => new { x.Subject, x.Id });
        table.HasIndex(x => x.CreatedAt);
    }
}
