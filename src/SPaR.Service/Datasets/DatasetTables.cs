using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace SPaR.Service.Datasets;

/// <summary>The tables of training data.</summary>
internal static class DatasetTables
{
    extension(SparDb db)
    {
        public DbSet<Dataset> Datasets => db.Set<Dataset>();

        public DbSet<DatasetName> DatasetNames => db.Set<DatasetName>();

        public DbSet<DatasetRow> DatasetRows => db.Set<DatasetRow>();
    }
}

internal sealed class DatasetTable : IEntityTypeConfiguration<Dataset>
{
    public void Configure(EntityTypeBuilder<Dataset> table)
    {
        table.ToTable("datasets");
        table.HasIndex(x => new { x.Name, x.Version }).IsUnique();
    }
}

internal sealed class DatasetNameTable : IEntityTypeConfiguration<DatasetName>
{
    public void Configure(EntityTypeBuilder<DatasetName> table)
    {
        table.ToTable("dataset_names");
        table.HasKey(x => x.Name);
    }
}

internal sealed class DatasetRowTable : IEntityTypeConfiguration<DatasetRow>
{
    public void Configure(EntityTypeBuilder<DatasetRow> table)
    {
        table.ToTable("dataset_rows");
        table.HasKey(x => new { x.DatasetId, x.Ordinal });
        table.HasIndex(x => x.PairId).HasFilter("pair_id IS NOT NULL");
        table.HasOne<Dataset>().WithMany().HasForeignKey(x => x.DatasetId).OnDelete(DeleteBehavior.Cascade);
    }
}
