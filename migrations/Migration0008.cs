using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using SPaR.Storage;

namespace SPaR.Migrations;

/// <summary>Makes the tables of keys, logins and the audit log; the SQL stands beside this file.</summary>
[DbContext(typeof(SparDb))]
[Migration("0008_keys")]
public sealed class Migration0008 : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(EmbeddedSql.Read("0008_keys.sql"));

    protected override void Down(MigrationBuilder migrationBuilder) => throw new NotSupportedException(
        "The eighth migration cannot be undone: it would forget every key and who changed what. Restore a backup of the database instead.");
}
