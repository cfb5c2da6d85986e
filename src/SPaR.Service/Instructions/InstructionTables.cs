using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SPaR.Service.Instructions;

/// <summary>The tables of instruction sets.</summary>
internal static class InstructionTables
{
    extension(SparDb db)
    {
        public DbSet<InstructionSet> InstructionSets => db.Set<InstructionSet>();

        public DbSet<Instruction> Instructions => db.Set<Instruction>();
    }
}

internal sealed class InstructionSetTable : IEntityTypeConfiguration<InstructionSet>
{
    public void Configure(EntityTypeBuilder<InstructionSet> table) => table.ToTable("instruction_sets");
}

internal sealed class InstructionTable : IEntityTypeConfiguration<Instruction>
{
    public void Configure(EntityTypeBuilder<Instruction> table)
    {
        table.ToTable("instructions");
        table.HasOne<InstructionSet>().WithMany().HasForeignKey(x => x.SetId).OnDelete(DeleteBehavior.Cascade);
        table.HasIndex(x => new { x.SetId, x.Ordinal }).IsUnique();
        // Every view of a run asks whether its set has constraints.
        table.HasIndex(x => x.SetId).HasFilter("constraints IS NOT NULL");
    }
}
