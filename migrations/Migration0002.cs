using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using SPaR.Storage;

namespace SPaR.Migrations;

/// <summary>Adds training runs, datasets and the lineage of models; the SQL stands beside this file.</summary>
[DbContext(typeof(SparDb))]
[Migration("0002_training")]
public sealed class Migration0002 : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(EmbeddedSql.Read("0002_training.sql"));

    protected override void Down(MigrationBuilder migrationBuilder) => throw new NotSupportedException(
        "The second migration cannot be undone: it would delete every training run. Restore a backup of the database instead.");
}
