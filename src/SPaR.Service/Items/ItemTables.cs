using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SPaR.Method.Items;
using SPaR.Service.Instructions;
using SPaR.Service.Models;

namespace SPaR.Service.Items;

/// <summary>The tables of runs, their items, and the rows that items produce.</summary>
internal static class ItemTables
{
    extension(SparDb db)
    {
        public DbSet<Run> Runs => db.Set<Run>();

        public DbSet<RunItem> RunItems => db.Set<RunItem>();

        public DbSet<Answer> Answers => db.Set<Answer>();

        public DbSet<Judgement> Judgements => db.Set<Judgement>();

        public DbSet<Node> Nodes => db.Set<Node>();

        public DbSet<Pair> Pairs => db.Set<Pair>();

        public DbSet<PairVerdict> PairVerdicts => db.Set<PairVerdict>();

        public DbSet<RefinerExample> RefinerExamples => db.Set<RefinerExample>();
    }
}

internal sealed class RunTable : IEntityTypeConfiguration<Run>
{
    public void Configure(EntityTypeBuilder<Run> table)
    {
        table.ToTable("runs");
        table.HasOne<InstructionSet>().WithMany().HasForeignKey(x => x.SetId).OnDelete(DeleteBehavior.NoAction);
        table.HasOne<Model>().WithMany().HasForeignKey(x => x.ActorId).OnDelete(DeleteBehavior.NoAction);
        table.HasOne<Model>().WithMany().HasForeignKey(x => x.RefinerId).OnDelete(DeleteBehavior.NoAction);
        table.HasOne<Model>().WithMany().HasForeignKey(x => x.JudgeId).OnDelete(DeleteBehavior.NoAction);
        table.HasIndex(x => x.Status);
    }
}

internal sealed class RunItemTable : IEntityTypeConfiguration<RunItem>
{
    public void Configure(EntityTypeBuilder<RunItem> table)
    {
        table.ToTable("run_items");
        table.HasKey(x => new { x.RunId, x.Round, x.InstructionId });
        table.Property(x => x.Generated).HasComputedColumnSql("sample_tokens + judge_tokens + refine_tokens", stored: true);
        table.HasOne<Run>().WithMany().HasForeignKey(x => x.RunId).OnDelete(DeleteBehavior.Cascade);
        table.HasOne<Instruction>().WithMany().HasForeignKey(x => x.InstructionId).OnDelete(DeleteBehavior.NoAction);
        // Leasing takes the pending items of a run in order; progress counts its items by state.
        table.HasIndex(x => new { x.RunId, x.State, x.Round, x.Ordinal });
        // Lists and exports read the items of a run in order.
        table.HasIndex(x => new { x.RunId, x.Round, x.Ordinal });
        table.HasIndex(x => x.LeaseOwner).HasFilter("lease_owner IS NOT NULL");
    }
}

/// <summary>Shared by the tables of rows that an item produced: deleting the item deletes them.</summary>
internal static class ItemRows
{
    public static EntityTypeBuilder<T> OfItem<T>(this EntityTypeBuilder<T> table)
        where T : class, IItemRow
    {
        table.HasOne<RunItem>().WithMany().HasForeignKey(nameof(IItemRow.RunId), nameof(IItemRow.Round), nameof(IItemRow.InstructionId))
            .OnDelete(DeleteBehavior.Cascade);
        return table;
    }
}

internal sealed class AnswerTable : IEntityTypeConfiguration<Answer>
{
    public void Configure(EntityTypeBuilder<Answer> table)
    {
        table.ToTable("answers");
        table.OfItem().HasKey(x => new { x.RunId, x.Round, x.InstructionId, x.Index });
    }
}

internal sealed class JudgementTable : IEntityTypeConfiguration<Judgement>
{
    public void Configure(EntityTypeBuilder<Judgement> table)
    {
        table.ToTable("judgements");
        table.OfItem().HasKey(x => new { x.RunId, x.Round, x.InstructionId, x.Subject, x.Attempt });
    }
}

internal sealed class NodeTable : IEntityTypeConfiguration<Node>
{
    public void Configure(EntityTypeBuilder<Node> table)
    {
        table.ToTable("nodes");
        table.OfItem().HasKey(x => new { x.RunId, x.Round, x.InstructionId, x.Path });
    }
}

internal sealed class PairTable : IEntityTypeConfiguration<Pair>
{
    public void Configure(EntityTypeBuilder<Pair> table)
    {
        table.ToTable("pairs");
        table.OfItem().HasKey(x => new { x.RunId, x.Round, x.InstructionId });
        table.Property(x => x.Id).IsRequired();
        table.HasIndex(x => x.Id).IsUnique();
    }
}

internal sealed class PairVerdictTable : IEntityTypeConfiguration<PairVerdict>
{
    public void Configure(EntityTypeBuilder<PairVerdict> table)
    {
        table.ToTable("pair_verdicts");
        table.HasKey(x => new { x.RunId, x.Round, x.InstructionId });
        table.HasOne<Pair>().WithOne().HasForeignKey<PairVerdict>(x => new { x.RunId, x.Round, x.InstructionId })
            .OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class RefinerExampleTable : IEntityTypeConfiguration<RefinerExample>
{
    public void Configure(EntityTypeBuilder<RefinerExample> table)
    {
        table.ToTable("refiner_examples");
        table.OfItem().HasKey(x => new { x.RunId, x.Round, x.InstructionId, x.Kind, x.Source });
        // The caps of a round take candidates of a kind in the order of their draw.
        table.HasIndex(x => new { x.RunId, x.Round, x.Kind, x.Draw });
    }
}
