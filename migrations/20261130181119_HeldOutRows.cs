using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SPaR.Migrations
{
    /// <inheritdoc />
    public partial class HeldOutRows : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.RenameColumn(
                name: "source",
                schema: "spar",
                table: "training_runs",
                newName: "sources");

            migrationBuilder.RenameIndex(
                name: "ix_training_runs_source",
                schema: "spar",
                table: "training_runs",
                newName: "ix_training_runs_sources");

            migrationBuilder.RenameColumn(
                name: "dataset",
                schema: "spar",
                table: "models",
                newName: "datasets");

            migrationBuilder.Sql("UPDATE spar.training_runs SET sources = jsonb_build_array(sources)");
            migrationBuilder.Sql("UPDATE spar.models SET datasets = jsonb_build_array(datasets) WHERE datasets IS NOT NULL");

            migrationBuilder.AddColumn<int>(
                name: "eval_rows",
                schema: "spar",
                table: "training_runs",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "eval_source",
                schema: "spar",
                table: "training_runs",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "outcome",
                schema: "spar",
                table: "training_runs",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "source_rows",
                schema: "spar",
                table: "training_runs",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "dataset",
                schema: "spar",
                table: "training_dropped_rows",
                type: "text",
                nullable: false,
                defaultValue: "");

            migrationBuilder.Sql("""
                UPDATE spar.training_dropped_rows d SET dataset = coalesce(r.sources -> 0 ->> 'run', r.sources -> 0 ->> 'upload')
                FROM spar.training_runs r WHERE r.id = d.training_run_id
                """);
            migrationBuilder.Sql("ALTER TABLE spar.training_dropped_rows ALTER COLUMN dataset DROP DEFAULT");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("UPDATE spar.training_runs SET sources = sources -> 0");
            migrationBuilder.Sql("UPDATE spar.models SET datasets = datasets -> 0 WHERE datasets IS NOT NULL");

            migrationBuilder.DropColumn(
                name: "eval_rows",
                schema: "spar",
                table: "training_runs");

            migrationBuilder.DropColumn(
                name: "eval_source",
                schema: "spar",
                table: "training_runs");

            migrationBuilder.DropColumn(
                name: "outcome",
                schema: "spar",
                table: "training_runs");

            migrationBuilder.DropColumn(
                name: "source_rows",
                schema: "spar",
                table: "training_runs");

            migrationBuilder.DropColumn(
                name: "dataset",
                schema: "spar",
                table: "training_dropped_rows");

            migrationBuilder.RenameColumn(
                name: "sources",
                schema: "spar",
                table: "training_runs",
                newName: "source");

            migrationBuilder.RenameIndex(
                name: "ix_training_runs_sources",
                schema: "spar",
                table: "training_runs",
                newName: "ix_training_runs_source");

            migrationBuilder.RenameColumn(
                name: "datasets",
                schema: "spar",
                table: "models",
                newName: "dataset");
        }
    }
}
