using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SPaR.Evaluation;
using SPaR.Instructions;
using SPaR.Jobs;
using SPaR.Judging;
using SPaR.Keys;
using SPaR.Models;
using SPaR.Pairs;
using SPaR.Refinement;
using SPaR.Runs;
using SPaR.Sampling;
using SPaR.Training;

namespace SPaR.Storage;

/// <summary>Every row of the service, in the schema <c>spar</c>. After a change here, <c>dotnet ef migrations add</c> writes the
/// migration into <c>migrations/</c>; a test fails if it is missing.</summary>
public sealed class SparDb(DbContextOptions<SparDb> options) : DbContext(options)
{
    public const string Schema = "spar";

    public DbSet<Model> Models => Set<Model>();

    public DbSet<InstructionSet> InstructionSets => Set<InstructionSet>();

    public DbSet<Instruction> Instructions => Set<Instruction>();

    public DbSet<Run> Runs => Set<Run>();

    public DbSet<RunRound> RunRounds => Set<RunRound>();

    public DbSet<RunItem> RunItems => Set<RunItem>();

    public DbSet<Answer> Answers => Set<Answer>();

    public DbSet<Judgement> Judgements => Set<Judgement>();

    public DbSet<Node> Nodes => Set<Node>();

    public DbSet<Pair> Pairs => Set<Pair>();

    public DbSet<RefinerExample> RefinerExamples => Set<RefinerExample>();

    public DbSet<Dataset> Datasets => Set<Dataset>();

    public DbSet<DatasetRow> DatasetRows => Set<DatasetRow>();

    public DbSet<TrainingRun> TrainingRuns => Set<TrainingRun>();

    public DbSet<TrainingMetric> TrainingMetrics => Set<TrainingMetric>();

    public DbSet<BenchmarkSet> BenchmarkSets => Set<BenchmarkSet>();

    public DbSet<BenchmarkSetItem> BenchmarkItems => Set<BenchmarkSetItem>();

    public DbSet<EvaluationRun> Evaluations => Set<EvaluationRun>();

    public DbSet<EvaluationResult> EvaluationResults => Set<EvaluationResult>();

    public DbSet<FailedJob> FailedJobs => Set<FailedJob>();

    public DbSet<ApiKey> ApiKeys => Set<ApiKey>();

    public DbSet<KeySession> KeySessions => Set<KeySession>();

    public DbSet<AuditEntry> AuditLog => Set<AuditEntry>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) => Columns.Configure(configurationBuilder);

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema(Schema);
        modelBuilder.Entity<Model>().HasIndex(m => m.Sha256);
        modelBuilder.Entity<Model>().HasOne(m => m.Base).WithMany().HasForeignKey(m => m.BaseId).OnDelete(DeleteBehavior.NoAction);
        modelBuilder.Entity<Instruction>(i =>
        {
            i.HasOne<InstructionSet>().WithMany().HasForeignKey(x => x.SetId).OnDelete(DeleteBehavior.Cascade);
            i.HasIndex(x => new { x.SetId, x.Ordinal }).IsUnique();
        });
        modelBuilder.Entity<Run>(ConfigureRun);
        modelBuilder.Entity<RunRound>(ConfigureRound);
        modelBuilder.Entity<RunItem>(ConfigureItem);
        modelBuilder.Entity<Answer>(a => ConfigureRow(a).HasKey(x => new { x.RunId, x.Round, x.InstructionId, x.Index }));
        modelBuilder.Entity<Judgement>(
            j => ConfigureRow(j).HasKey(x => new { x.RunId, x.Round, x.InstructionId, x.Subject, x.Attempt }));
        modelBuilder.Entity<Node>(n => ConfigureRow(n).HasKey(x => new { x.RunId, x.Round, x.InstructionId, x.Path }));
        modelBuilder.Entity<Pair>(p =>
        {
            ConfigureRow(p).HasKey(x => new { x.RunId, x.Round, x.InstructionId });
            p.Property(x => x.Id).IsRequired();
            p.HasIndex(x => x.Id).IsUnique();
        });
        modelBuilder.Entity<RefinerExample>(e =>
        {
            ConfigureRow(e).HasKey(x => new { x.RunId, x.Round, x.InstructionId, x.Kind, x.Source });
            // The caps of a round take candidates of a kind in the order of their draw.
            e.HasIndex(x => new { x.RunId, x.Round, x.Kind, x.Draw });
        });
        ConfigureTraining(modelBuilder);
        ConfigureEvaluation(modelBuilder);
        modelBuilder.Entity<FailedJob>().HasKey(j => new { j.Kind, j.Key });
        modelBuilder.Entity<KeySession>().HasOne<ApiKey>().WithMany().HasForeignKey(s => s.KeyId).OnDelete(DeleteBehavior.Cascade);
        modelBuilder.Entity<AuditEntry>().HasIndex(e => e.At);
    }

    private static void ConfigureRun(EntityTypeBuilder<Run> run)
    {
        run.HasOne<InstructionSet>().WithMany().HasForeignKey(x => x.SetId).OnDelete(DeleteBehavior.NoAction);
        run.HasOne<Model>().WithMany().HasForeignKey(x => x.ActorId).OnDelete(DeleteBehavior.NoAction);
        run.HasOne<Model>().WithMany().HasForeignKey(x => x.RefinerId).OnDelete(DeleteBehavior.NoAction);
        run.HasOne<Model>().WithMany().HasForeignKey(x => x.JudgeId).OnDelete(DeleteBehavior.NoAction);
        run.HasIndex(x => x.Status);
    }

    private static void ConfigureRound(EntityTypeBuilder<RunRound> round)
    {
        round.HasKey(x => new { x.RunId, x.Round });
        round.HasOne<Run>().WithMany().HasForeignKey(x => x.RunId).OnDelete(DeleteBehavior.Cascade);
        round.HasOne<Model>().WithMany().HasForeignKey(x => x.ActorId).OnDelete(DeleteBehavior.NoAction);
        round.HasOne<Model>().WithMany().HasForeignKey(x => x.RefinerId).OnDelete(DeleteBehavior.NoAction);
        round.HasOne<Model>().WithMany().HasForeignKey(x => x.JudgeId).OnDelete(DeleteBehavior.NoAction);
        round.HasOne<Model>().WithMany().HasForeignKey(x => x.ActorOutId).OnDelete(DeleteBehavior.NoAction);
        round.HasOne<Model>().WithMany().HasForeignKey(x => x.RefinerOutId).OnDelete(DeleteBehavior.NoAction);
        round.HasOne<TrainingRun>().WithMany().HasForeignKey(x => x.ActorTrainingId).OnDelete(DeleteBehavior.NoAction);
        round.HasOne<TrainingRun>().WithMany().HasForeignKey(x => x.RefinerTrainingId).OnDelete(DeleteBehavior.NoAction);
        round.Ignore(x => x.TrainingId).Ignore(x => x.LastActorId).Ignore(x => x.LastRefinerId).Ignore(x => x.LastJudgeId);
    }

    private static void ConfigureItem(EntityTypeBuilder<RunItem> item)
    {
        item.HasKey(x => new { x.RunId, x.Round, x.InstructionId });
        item.HasOne<Run>().WithMany().HasForeignKey(x => x.RunId).OnDelete(DeleteBehavior.Cascade);
        item.HasOne<Instruction>().WithMany().HasForeignKey(x => x.InstructionId).OnDelete(DeleteBehavior.NoAction);
        // Leasing takes the pending items of a run in order; progress counts its items by state.
        item.HasIndex(x => new { x.RunId, x.State, x.Round, x.Ordinal });
        item.HasIndex(x => x.LeaseOwner).HasFilter("lease_owner IS NOT NULL");
    }

    private static void ConfigureTraining(ModelBuilder model)
    {
        model.Entity<DatasetRow>(r =>
        {
            r.HasKey(x => new { x.DatasetId, x.Ordinal });
            r.HasOne<Dataset>().WithMany().HasForeignKey(x => x.DatasetId).OnDelete(DeleteBehavior.Cascade);
        });
        model.Entity<TrainingRun>(t =>
        {
            t.HasOne<Model>().WithMany().HasForeignKey(x => x.ModelId).OnDelete(DeleteBehavior.NoAction);
            t.HasIndex(x => x.Status);
            // No model is trained twice on the data of a round; one that was cancelled made none.
            t.HasIndex(x => new { x.RunId, x.Round, x.Role }).IsUnique().HasFilter("run_id IS NOT NULL AND status <> 'cancelled'");
        });
        model.Entity<TrainingMetric>(m =>
        {
            m.HasKey(x => new { x.TrainingRunId, x.Step });
            m.HasOne<TrainingRun>().WithMany().HasForeignKey(x => x.TrainingRunId).OnDelete(DeleteBehavior.Cascade);
        });
    }

    private static void ConfigureEvaluation(ModelBuilder model)
    {
        model.Entity<BenchmarkSetItem>(i =>
        {
            i.HasKey(x => new { x.SetId, x.Ordinal });
            i.HasOne<BenchmarkSet>().WithMany().HasForeignKey(x => x.SetId).OnDelete(DeleteBehavior.Cascade);
            i.HasIndex(x => new { x.SetId, x.Key }).IsUnique();
        });
        model.Entity<EvaluationRun>(e =>
        {
            e.HasOne<BenchmarkSet>().WithMany().HasForeignKey(x => x.SetId).OnDelete(DeleteBehavior.NoAction);
            e.HasOne<Model>().WithMany().HasForeignKey(x => x.ActorId).OnDelete(DeleteBehavior.NoAction);
            e.HasOne<Model>().WithMany().HasForeignKey(x => x.RefinerId).OnDelete(DeleteBehavior.NoAction);
            e.HasOne<Model>().WithMany().HasForeignKey(x => x.JudgeId).OnDelete(DeleteBehavior.NoAction);
            e.HasOne<Run>().WithMany().HasForeignKey(x => x.RunId).OnDelete(DeleteBehavior.Cascade);
            e.HasIndex(x => x.Status);
            // A round measures once under each name.
            e.HasIndex(x => new { x.RunId, x.Round, x.Name }).IsUnique().HasFilter("run_id IS NOT NULL");
        });
        model.Entity<EvaluationResult>(r =>
        {
            r.HasKey(x => new { x.EvaluationId, x.Ordinal });
            r.HasOne<EvaluationRun>().WithMany().HasForeignKey(x => x.EvaluationId).OnDelete(DeleteBehavior.Cascade);
        });
    }

    private static EntityTypeBuilder<T> ConfigureRow<T>(EntityTypeBuilder<T> row)
        where T : class, IItemRow
    {
        row.HasOne<RunItem>().WithMany().HasForeignKey(nameof(IItemRow.RunId), nameof(IItemRow.Round), nameof(IItemRow.InstructionId))
            .OnDelete(DeleteBehavior.Cascade);
        return row;
    }
}
