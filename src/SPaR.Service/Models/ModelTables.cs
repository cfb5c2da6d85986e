using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SPaR.Service.Models;

/// <summary>The table of models.</summary>
internal static class ModelTables
{
    extension(SparDb db)
    {
        public DbSet<Model> Models => db.Set<Model>();
    }
}

internal sealed class ModelTable : IEntityTypeConfiguration<Model>
{
    public void Configure(EntityTypeBuilder<Model> table)
    {
        table.ToTable("models");
        table.HasIndex(m => m.Sha256);
        table.HasOne(m => m.Base).WithMany().HasForeignKey(m => m.BaseId).OnDelete(DeleteBehavior.NoAction);
    }
}
