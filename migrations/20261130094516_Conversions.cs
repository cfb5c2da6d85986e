using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SPaR.Migrations
{
    /// <inheritdoc />
    public partial class Conversions : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "conversion_id",
                schema: "spar",
                table: "models",
                type: "text",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "conversions",
                schema: "spar",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: true),
                    kind = table.Column<string>(type: "text", nullable: false),
                    source = table.Column<string>(type: "text", nullable: true),
                    model_id = table.Column<string>(type: "text", nullable: true),
                    template = table.Column<string>(type: "text", nullable: true),
                    file_type = table.Column<string>(type: "text", nullable: true),
                    dataset_id = table.Column<string>(type: "text", nullable: true),
                    status = table.Column<string>(type: "text", nullable: false),
                    progress = table.Column<double>(type: "double precision", nullable: false),
                    path = table.Column<string>(type: "text", nullable: true),
                    result_id = table.Column<string>(type: "text", nullable: true),
                    perplexity = table.Column<string>(type: "jsonb", nullable: true),
                    failure_code = table.Column<string>(type: "text", nullable: true),
                    failure_message = table.Column<string>(type: "text", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_conversions", x => x.id);
                    table.ForeignKey(
                        name: "fk_conversions_dataset_dataset_id",
                        column: x => x.dataset_id,
                        principalSchema: "spar",
                        principalTable: "datasets",
                        principalColumn: "id");
                    table.ForeignKey(
                        name: "fk_conversions_model_model_id",
                        column: x => x.model_id,
                        principalSchema: "spar",
                        principalTable: "models",
                        principalColumn: "id");
                });

            migrationBuilder.CreateIndex(
                name: "ix_conversions_dataset_id",
                schema: "spar",
                table: "conversions",
                column: "dataset_id");

            migrationBuilder.CreateIndex(
                name: "ix_conversions_model_id",
                schema: "spar",
                table: "conversions",
                column: "model_id");

            migrationBuilder.CreateIndex(
                name: "ix_conversions_status",
                schema: "spar",
                table: "conversions",
                column: "status");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "conversions",
                schema: "spar");

            migrationBuilder.DropColumn(
                name: "conversion_id",
                schema: "spar",
                table: "models");
        }
    }
}
