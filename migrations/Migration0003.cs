using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using SPaR.Storage;

namespace SPaR.Migrations;

/// <summary>Says which machine a training run belongs to, what its adapter is and what of an example is not learnt; the SQL stands
/// beside this file.</summary>
[DbContext(typeof(SparDb))]
[Migration("0003_training_places")]
public sealed class Migration0003 : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(EmbeddedSql.Read("0003_training_places.sql"));

    protected override void Down(MigrationBuilder migrationBuilder) => throw new NotSupportedException(
        "The third migration cannot be undone: it would forget which machine trains what. Restore a backup of the database instead.");
}
