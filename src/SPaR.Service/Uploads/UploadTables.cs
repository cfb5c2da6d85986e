using Microsoft.EntityFrameworkCore.Metadata.Builders;
using SPaR.Method.Input;

namespace SPaR.Service.Uploads;

/// <summary>A row of an upload that was invalid and was skipped.</summary>
public sealed class SkippedUploadRow
{
    /// <summary>The instruction set, dataset or benchmark set that the upload became.</summary>
    public required string UploadId { get; init; }

    public required int Ordinal { get; init; }

    public required string Place { get; init; }

    public required IReadOnlyList<FieldError> Errors { get; init; }
}

/// <summary>The table of skipped rows.</summary>
internal static class UploadTables
{
    extension(SparDb db)
    {
        public DbSet<SkippedUploadRow> SkippedRows => db.Set<SkippedUploadRow>();
    }
}

internal sealed class SkippedUploadRowTable : IEntityTypeConfiguration<SkippedUploadRow>
{
    public void Configure(EntityTypeBuilder<SkippedUploadRow> table)
    {
        table.ToTable("skipped_rows");
        table.HasKey(x => new { x.UploadId, x.Ordinal });
    }
}
