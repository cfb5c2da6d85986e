using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SPaR.Service.Lifecycle;

/// <summary>The table of what workers are doing.</summary>
internal static class ActivityTables
{
    extension(SparDb db)
    {
        public DbSet<WorkActivity> WorkActivities => db.Set<WorkActivity>();
    }
}

internal sealed class WorkActivityTable : IEntityTypeConfiguration<WorkActivity>
{
    public void Configure(EntityTypeBuilder<WorkActivity> table)
    {
        table.ToTable("work_activity");
        table.HasKey(x => new { x.Worker, x.WorkId });
        table.HasIndex(x => x.WorkId);
    }
}
