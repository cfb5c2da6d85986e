using System.Reflection;
using Microsoft.EntityFrameworkCore.Migrations;

namespace SPaR.Migrations;

/// <summary>A migration is the SQL file of its name, which is embedded; there is no way back.</summary>
/// <param name="loss">What undoing it would come to.</param>
public abstract class SqlMigration(string loss) : Migration
{
    private string Name => GetType().GetCustomAttribute<MigrationAttribute>()!.Id;

    protected sealed override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Read($"{Name}.sql"));

    protected sealed override void Down(MigrationBuilder migrationBuilder) => throw new NotSupportedException(
        $"The migration {Name} cannot be undone: {loss} Restore a backup of the database instead.");

    private static string Read(string file)
    {
        using var stream = typeof(SqlMigration).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"{file} is not embedded in SPaR.Migrations; add it beside its Migration class.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
