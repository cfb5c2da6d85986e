using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SPaR.Service.Items;
using SPaR.Service.Models;

namespace SPaR.Service.Evaluations;

/// <summary>The tables of benchmark items, evaluations and their results.</summary>
internal static class EvaluationTables
{
    extension(SparDb db)
    {
        public DbSet<BenchmarkSet> BenchmarkSets => db.Set<BenchmarkSet>();

        public DbSet<BenchmarkSetItem> BenchmarkItems => db.Set<BenchmarkSetItem>();

        public DbSet<EvaluationRun> Evaluations => db.Set<EvaluationRun>();

        public DbSet<EvaluationResult> EvaluationResults => db.Set<EvaluationResult>();
    }
}

internal sealed class BenchmarkSetTable : IEntityTypeConfiguration<BenchmarkSet>
{
    public void Configure(EntityTypeBuilder<BenchmarkSet> table) => table.ToTable("benchmark_sets");
}

internal sealed class BenchmarkSetItemTable : IEntityTypeConfiguration<BenchmarkSetItem>
{
    public void Configure(EntityTypeBuilder<BenchmarkSetItem> table)
    {
        table.ToTable("benchmark_items");
        table.HasKey(x => new { x.SetId, x.Ordinal });
        table.HasOne<BenchmarkSet>().WithMany().HasForeignKey(x => x.SetId).OnDelete(DeleteBehavior.Cascade);
        table.HasIndex(x => new { x.SetId, x.Key }).IsUnique();
    }
}

internal sealed class EvaluationRunTable : IEntityTypeConfiguration<EvaluationRun>
{
    public void Configure(EntityTypeBuilder<EvaluationRun> table)
    {
        table.ToTable("evaluations");
        table.HasOne<BenchmarkSet>().WithMany().HasForeignKey(x => x.SetId).OnDelete(DeleteBehavior.NoAction);
        table.HasOne<Model>().WithMany().HasForeignKey(x => x.ActorId).OnDelete(DeleteBehavior.NoAction);
        table.HasOne<Model>().WithMany().HasForeignKey(x => x.RefinerId).OnDelete(DeleteBehavior.NoAction);
        table.HasOne<Model>().WithMany().HasForeignKey(x => x.JudgeId).OnDelete(DeleteBehavior.NoAction);
        table.HasOne<Run>().WithMany().HasForeignKey(x => x.RunId).OnDelete(DeleteBehavior.Cascade);
        table.HasIndex(x => x.Status);
        // A round measures once under each name.
        table.HasIndex(x => new { x.RunId, x.Round, x.Name }).IsUnique().HasFilter("run_id IS NOT NULL");
    }
}

internal sealed class EvaluationResultTable : IEntityTypeConfiguration<EvaluationResult>
{
    public void Configure(EntityTypeBuilder<EvaluationResult> table)
    {
        table.ToTable("evaluation_results");
        table.HasKey(x => new { x.EvaluationId, x.Ordinal });
        table.HasOne<EvaluationRun>().WithMany().HasForeignKey(x => x.EvaluationId).OnDelete(DeleteBehavior.Cascade);
    }
}
