using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SPaR.Migrations
{
    /// <inheritdoc />
    public partial class AddFineTuningJobs : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "metadata",
                schema: "spar",
                table: "training_runs",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "suffix",
                schema: "spar",
                table: "training_runs",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "bytes",
                schema: "spar",
                table: "datasets",
                type: "bigint",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "metadata",
                schema: "spar",
                table: "training_runs");

            migrationBuilder.DropColumn(
                name: "suffix",
                schema: "spar",
                table: "training_runs");

            migrationBuilder.DropColumn(
                name: "bytes",
                schema: "spar",
                table: "datasets");
        }
    }
}
