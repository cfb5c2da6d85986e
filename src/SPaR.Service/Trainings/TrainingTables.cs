using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SPaR.Service.Models;

namespace SPaR.Service.Trainings;

/// <summary>The tables of training runs.</summary>
internal static class TrainingTables
{
    extension(SparDb db)
    {
        public DbSet<TrainingRun> TrainingRuns => db.Set<TrainingRun>();

        public DbSet<TrainingMetric> TrainingMetrics => db.Set<TrainingMetric>();

        public DbSet<TrainingDroppedRow> TrainingDroppedRows => db.Set<TrainingDroppedRow>();

        public DbSet<TrainingFolderRemoval> TrainingFolderRemovals => db.Set<TrainingFolderRemoval>();
    }
}

internal sealed class TrainingRunTable : IEntityTypeConfiguration<TrainingRun>
{
    public void Configure(EntityTypeBuilder<TrainingRun> table)
    {
        table.ToTable("training_runs");
        table.HasOne<Model>().WithMany().HasForeignKey(x => x.ModelId).OnDelete(DeleteBehavior.NoAction);
        table.HasIndex(x => x.Status);
        // A pair's lineage finds the trainings on a round or a dataset.
        table.HasIndex(x => x.Sources).HasMethod("gin");
        // A model shows the adapters that were trained from it, and the one that it was made from.
        table.HasIndex(x => new { x.ModelId, x.Adapter }).HasFilter("adapter IS NOT NULL");
        table.HasIndex(x => x.ResultId).HasFilter("adapter IS NOT NULL");
        // No model is trained twice on the data of a round; one that was cancelled made none.
        table.HasIndex(x => new { x.RunId, x.Round, x.Role }).IsUnique().HasFilter("run_id IS NOT NULL AND status <> 'cancelled'");
    }
}

internal sealed class TrainingMetricTable : IEntityTypeConfiguration<TrainingMetric>
{
    public void Configure(EntityTypeBuilder<TrainingMetric> table)
    {
        table.ToTable("training_metrics");
        table.HasKey(x => new { x.TrainingRunId, x.Step });
        table.HasOne<TrainingRun>().WithMany().HasForeignKey(x => x.TrainingRunId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class TrainingDroppedRowTable : IEntityTypeConfiguration<TrainingDroppedRow>
{
    public void Configure(EntityTypeBuilder<TrainingDroppedRow> table)
    {
        table.ToTable("training_dropped_rows");
        table.HasKey(x => new { x.TrainingRunId, x.Ordinal });
        table.HasOne<TrainingRun>().WithMany().HasForeignKey(x => x.TrainingRunId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class TrainingFolderRemovalTable : IEntityTypeConfiguration<TrainingFolderRemoval>
{
    public void Configure(EntityTypeBuilder<TrainingFolderRemoval> table)
    {
        table.ToTable("training_folder_removals");
        table.HasKey(x => x.TrainingRunId);
    }
}
