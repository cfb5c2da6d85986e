using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SPaR.Service.Datasets;
using SPaR.Service.Models;

namespace SPaR.Service.Conversions;

/// <summary>The table of conversions.</summary>
internal static class ConversionTables
{
    extension(SparDb db)
    {
        public DbSet<Conversion> Conversions => db.Set<Conversion>();
    }
}

internal sealed class ConversionTable : IEntityTypeConfiguration<Conversion>
{
    public void Configure(EntityTypeBuilder<Conversion> table)
    {
        table.ToTable("conversions");
        table.HasOne<Model>().WithMany().HasForeignKey(x => x.ModelId).OnDelete(DeleteBehavior.NoAction);
        table.HasOne<Dataset>().WithMany().HasForeignKey(x => x.DatasetId).OnDelete(DeleteBehavior.NoAction);
        table.HasIndex(x => x.Status);
    }
}
