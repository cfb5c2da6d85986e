using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SPaR.Service.Datasets;

/// <summary>The tables of uploaded training data.</summary>
internal static class DatasetTables
{
    extension(SparDb db)
    {
        public DbSet<Dataset> Datasets => db.Set<Dataset>();

        public DbSet<DatasetRow> DatasetRows => db.Set<DatasetRow>();
    }
}

internal sealed class DatasetTable : IEntityTypeConfiguration<Dataset>
{
    public void Configure(EntityTypeBuilder<Dataset> table) => table.ToTable("datasets");
}

internal sealed class DatasetRowTable : IEntityTypeConfiguration<DatasetRow>
{
    public void Configure(EntityTypeBuilder<DatasetRow> table)
    {
        table.ToTable("dataset_rows");
        table.HasKey(x => new { x.DatasetId, x.Ordinal });
        table.HasOne<Dataset>().WithMany().HasForeignKey(x => x.DatasetId).OnDelete(DeleteBehavior.Cascade);
    }
}
