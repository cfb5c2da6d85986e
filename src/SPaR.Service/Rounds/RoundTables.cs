using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SPaR.Service.Items;
using SPaR.Service.Models;
using SPaR.Service.Trainings;

namespace SPaR.Service.Rounds;

/// <summary>The table of the rounds of runs.</summary>
internal static class RoundTables
{
    extension(SparDb db)
    {
        public DbSet<RunRound> RunRounds => db.Set<RunRound>();
    }
}

internal sealed class RunRoundTable : IEntityTypeConfiguration<RunRound>
{
    public void Configure(EntityTypeBuilder<RunRound> table)
    {
        table.ToTable("run_rounds");
        table.HasKey(x => new { x.RunId, x.Round });
        table.HasOne<Run>().WithMany().HasForeignKey(x => x.RunId).OnDelete(DeleteBehavior.Cascade);
        table.HasOne<Model>().WithMany().HasForeignKey(x => x.ActorId).OnDelete(DeleteBehavior.NoAction);
        table.HasOne<Model>().WithMany().HasForeignKey(x => x.RefinerId).OnDelete(DeleteBehavior.NoAction);
        table.HasOne<Model>().WithMany().HasForeignKey(x => x.JudgeId).OnDelete(DeleteBehavior.NoAction);
        table.HasOne<Model>().WithMany().HasForeignKey(x => x.ActorOutId).OnDelete(DeleteBehavior.NoAction);
        table.HasOne<Model>().WithMany().HasForeignKey(x => x.RefinerOutId).OnDelete(DeleteBehavior.NoAction);
        table.HasOne<TrainingRun>().WithMany().HasForeignKey(x => x.ActorTrainingId).OnDelete(DeleteBehavior.NoAction);
        table.HasOne<TrainingRun>().WithMany().HasForeignKey(x => x.RefinerTrainingId).OnDelete(DeleteBehavior.NoAction);
        table.Ignore(x => x.TrainingId).Ignore(x => x.LastActorId).Ignore(x => x.LastRefinerId).Ignore(x => x.LastJudgeId);
    }
}
