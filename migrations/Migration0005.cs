using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using SPaR.Storage;

namespace SPaR.Migrations;

/// <summary>Lets a model be an adapter on another; the SQL stands beside this file.</summary>
[DbContext(typeof(SparDb))]
[Migration("0005_adapters")]
public sealed class Migration0005 : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(EmbeddedSql.Read("0005_adapters.sql"));

    protected override void Down(MigrationBuilder migrationBuilder) => throw new NotSupportedException(
        "The fifth migration cannot be undone: adapters would stand as models without a base. Restore a backup of the database instead.");
}
