using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using SPaR.Storage;

namespace SPaR.Migrations;

/// <summary>Makes evaluations and what they measure with; the SQL stands beside this file.</summary>
[DbContext(typeof(SparDb))]
[Migration("0006_evaluations")]
public sealed class Migration0006 : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(EmbeddedSql.Read("0006_evaluations.sql"));

    protected override void Down(MigrationBuilder migrationBuilder) => throw new NotSupportedException(
        "The sixth migration cannot be undone: it would forget every evaluation. Restore a backup of the database instead.");
}
