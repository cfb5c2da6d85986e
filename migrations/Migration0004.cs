using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using SPaR.Storage;

namespace SPaR.Migrations;

/// <summary>Makes the rounds of runs; the SQL stands beside this file.</summary>
[DbContext(typeof(SparDb))]
[Migration("0004_rounds")]
public sealed class Migration0004 : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(EmbeddedSql.Read("0004_rounds.sql"));

    protected override void Down(MigrationBuilder migrationBuilder) => throw new NotSupportedException(
        "The fourth migration cannot be undone: it would forget which round made which model. Restore a backup of the database instead.");
}
