using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SPaR.Service.Jobs;

/// <summary>The tables of jobs that were given up and of attempts at jobs; the jobs themselves are in Hangfire's tables.</summary>
internal static class JobTables
{
    extension(SparDb db)
    {
        public DbSet<FailedJob> FailedJobs => db.Set<FailedJob>();

        public DbSet<JobAttempt> JobAttempts => db.Set<JobAttempt>();
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

internal sealed class JobAttemptTable : IEntityTypeConfiguration<JobAttempt>
{
    public void Configure(EntityTypeBuilder<JobAttempt> table)
    {
        table.ToTable("job_attempts");
        table.HasIndex(a => new { a.Kind, a.Key });
    }
}
