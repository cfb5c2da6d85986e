using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SPaR.Service.Jobs;

/// <summary>The table of jobs that were given up; all other jobs are in Hangfire's tables.</summary>
internal static class JobTables
{
    extension(SparDb db)
    {
        public DbSet<FailedJob> FailedJobs => db.Set<FailedJob>();
    }
}

internal sealed class FailedJobTable : IEntityTypeConfiguration<FailedJob>
{
    public void Configure(EntityTypeBuilder<FailedJob> table)
    {
        table.ToTable("failed_jobs");
        table.HasKey(j => new { j.Kind, j.Key });
    }
}
