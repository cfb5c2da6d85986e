using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SPaR.Service.Live;

/// <summary>The tables of live requests and of what is written for them. They refer to no models, so that these can be deleted.</summary>
internal static class LiveTables
{
    extension(SparDb db)
    {
        public DbSet<LiveRequest> LiveRequests => db.Set<LiveRequest>();

        public DbSet<LiveOutput> LiveOutputs => db.Set<LiveOutput>();
    }
}

internal sealed class LiveRequestTable : IEntityTypeConfiguration<LiveRequest>
{
    public void Configure(EntityTypeBuilder<LiveRequest> table)
    {
        table.ToTable("live_requests");
        // Workers look for what waits, once a second.
        table.HasIndex(x => x.Status).HasFilter("status IN ('queued', 'running')");
        table.HasIndex(x => x.FinishedAt);
    }
}

internal sealed class LiveOutputTable : IEntityTypeConfiguration<LiveOutput>
{
    public void Configure(EntityTypeBuilder<LiveOutput> table)
    {
        table.ToTable("live_outputs");
        table.HasKey(x => new { x.RequestId, x.Ordinal });
        table.HasOne<LiveRequest>().WithMany().HasForeignKey(x => x.RequestId).OnDelete(DeleteBehavior.Cascade);
    }
}
