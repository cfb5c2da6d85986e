using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using SPaR.Storage;

namespace SPaR.Migrations;

/// <summary>Makes room for what a program says of answers; the SQL stands beside this file.</summary>
[DbContext(typeof(SparDb))]
[Migration("0007_verifier")]
public sealed class Migration0007 : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(EmbeddedSql.Read("0007_verifier.sql"));

    protected override void Down(MigrationBuilder migrationBuilder) => throw new NotSupportedException(
        "The seventh migration cannot be undone: it would forget what was verified. Restore a backup of the database instead.");
}
