using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using SPaR.Storage;

namespace SPaR.Migrations;

/// <summary>Makes every table; the SQL stands beside this file.</summary>
[DbContext(typeof(SparDb))]
[Migration("0001_first")]
public sealed class Migration0001 : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(EmbeddedSql.Read("0001_first.sql"));

    protected override void Down(MigrationBuilder migrationBuilder) => throw new NotSupportedException(
        "The first migration cannot be undone: it would delete every run. Drop the database to start again.");
}
