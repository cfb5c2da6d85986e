using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SPaR.Service.Webhooks;

/// <summary>An address that is told of events.</summary>
public sealed class Webhook
{
    /// <summary><c>whk_…</c></summary>
    public required string Id { get; init; }

    public string? Name { get; init; }

    public required string Url { get; init; }

    /// <summary>Types of events; <c>*</c> stands for any text: <c>run.*</c>.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    /// <summary>Signs what is sent (<see cref="WebhookSignature"/>).</summary>
    public required string Secret { get; init; }

    /// <summary>Events up to this id are done with; only those that follow are looked at.</summary>
    public required long After { get; init; }

    /// <summary>Why nothing is sent any more; null while it is.</summary>
    public string? Disabled { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>An event on its way to a webhook.</summary>
public sealed class WebhookDelivery
{
    public required string WebhookId { get; init; }

    public required long EventId { get; init; }

    public required string Type { get; init; }

    public required DeliveryState State { get; init; }

    public required int Attempts { get; init; }

    /// <summary>Of the last attempt; null if there was no answer.</summary>
    public int? Status { get; init; }

    /// <summary>What went wrong in the last attempt; null if nothing did.</summary>
    public string? Error { get; init; }

    /// <summary>Of the next attempt; null if there is none.</summary>
    public DateTimeOffset? DueAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }
}

public enum DeliveryState
{
    /// <summary>An attempt failed, and another is due.</summary>
    Retrying,

    Delivered,

    /// <summary>Every attempt failed.</summary>
    Failed,
}

internal static class WebhookTables
{
    extension(SparDb db)
    {
        public DbSet<Webhook> Webhooks => db.Set<Webhook>();

        public DbSet<WebhookDelivery> WebhookDeliveries => db.Set<WebhookDelivery>();
    }
}

internal sealed class WebhookTable : IEntityTypeConfiguration<Webhook>
{
    public void Configure(EntityTypeBuilder<Webhook> table) => table.ToTable("webhooks");
}

internal sealed class WebhookDeliveryTable : IEntityTypeConfiguration<WebhookDelivery>
{
    public void Configure(EntityTypeBuilder<WebhookDelivery> table)
    {
        table.ToTable("webhook_deliveries");
        table.HasKey(x => new { x.WebhookId, x.EventId });
        table.HasOne<Webhook>().WithMany().HasForeignKey(x => x.WebhookId).OnDelete(DeleteBehavior.Cascade);
        table.HasIndex(x => x.DueAt).HasFilter("due_at IS NOT NULL");
    }
}
