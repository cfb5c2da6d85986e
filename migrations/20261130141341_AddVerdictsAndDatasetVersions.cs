using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SPaR.Migrations
{
    /// <inheritdoc />
    public partial class AddVerdictsAndDatasetVersions : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "instructions",
                schema: "spar",
                table: "runs",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "uploaded",
                schema: "spar",
                table: "models",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<string>(
                name: "origin",
                schema: "spar",
                table: "datasets",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "recipes",
                schema: "spar",
                table: "datasets",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "version",
                schema: "spar",
                table: "datasets",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<string>(
                name: "facts",
                schema: "spar",
                table: "dataset_rows",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "pair_id",
                schema: "spar",
                table: "dataset_rows",
                type: "text",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "dataset_names",
                schema: "spar",
                columns: table => new
                {
                    name = table.Column<string>(type: "text", nullable: false),
                    versions = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_dataset_names", x => x.name);
                });

            migrationBuilder.CreateTable(
                name: "pair_verdicts",
                schema: "spar",
                columns: table => new
                {
                    run_id = table.Column<string>(type: "text", nullable: false),
                    round = table.Column<int>(type: "integer", nullable: false),
                    instruction_id = table.Column<string>(type: "text", nullable: false),
                    verdict = table.Column<string>(type: "text", nullable: false),
                    chosen = table.Column<string>(type: "text", nullable: true),
                    chosen_verifier = table.Column<string>(type: "jsonb", nullable: true),
                    note = table.Column<string>(type: "text", nullable: true),
                    key_id = table.Column<string>(type: "text", nullable: true),
                    key_name = table.Column<string>(type: "text", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    revision = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_pair_verdicts", x => new { x.run_id, x.round, x.instruction_id });
                    table.ForeignKey(
                        name: "fk_pair_verdicts_pairs_run_id_round_instruction_id",
                        columns: x => new { x.run_id, x.round, x.instruction_id },
                        principalSchema: "spar",
                        principalTable: "pairs",
                        principalColumns: new[] { "run_id", "round", "instruction_id" },
                        onDelete: ReferentialAction.Cascade);
                });

            // Datasets of one name become its versions, in the order in which they were uploaded.
            migrationBuilder.Sql(
                """
                UPDATE spar.datasets SET version = numbered.version
                FROM (SELECT id, row_number() OVER (PARTITION BY name ORDER BY id) AS version FROM spar.datasets) AS numbered
                WHERE numbered.id = datasets.id;
                INSERT INTO spar.dataset_names (name, versions) SELECT name, max(version) FROM spar.datasets GROUP BY name;
                ALTER TABLE spar.datasets ALTER COLUMN version DROP DEFAULT;
                ALTER TABLE spar.models ALTER COLUMN uploaded DROP DEFAULT;
                UPDATE spar.runs SET instructions = (SELECT count FROM spar.instruction_sets WHERE id = runs.set_id);
                """);

            migrationBuilder.CreateIndex(
                name: "ix_datasets_name_version",
                schema: "spar",
                table: "datasets",
                columns: new[] { "name", "version" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_training_runs_source",
                schema: "spar",
                table: "training_runs",
                column: "source")
                .Annotation("Npgsql:IndexMethod", "gin");

            migrationBuilder.CreateIndex(
                name: "ix_dataset_rows_pair_id",
                schema: "spar",
                table: "dataset_rows",
                column: "pair_id",
                filter: "pair_id IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_training_runs_source",
                schema: "spar",
                table: "training_runs");

            migrationBuilder.DropTable(
                name: "dataset_names",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "pair_verdicts",
                schema: "spar");

            migrationBuilder.DropIndex(
                name: "ix_datasets_name_version",
                schema: "spar",
                table: "datasets");

            migrationBuilder.DropIndex(
                name: "ix_dataset_rows_pair_id",
                schema: "spar",
                table: "dataset_rows");

            migrationBuilder.DropColumn(
                name: "instructions",
                schema: "spar",
                table: "runs");

            migrationBuilder.DropColumn(
                name: "uploaded",
                schema: "spar",
                table: "models");

            migrationBuilder.DropColumn(
                name: "origin",
                schema: "spar",
                table: "datasets");

            migrationBuilder.DropColumn(
                name: "recipes",
                schema: "spar",
                table: "datasets");

            migrationBuilder.DropColumn(
                name: "version",
                schema: "spar",
                table: "datasets");

            migrationBuilder.DropColumn(
                name: "facts",
                schema: "spar",
                table: "dataset_rows");

            migrationBuilder.DropColumn(
                name: "pair_id",
                schema: "spar",
                table: "dataset_rows");
        }
    }
}
