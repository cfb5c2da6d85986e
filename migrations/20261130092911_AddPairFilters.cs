using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SPaR.Migrations
{
    /// <inheritdoc />
    public partial class AddPairFilters : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "warnings",
                schema: "spar",
                table: "runs",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "filtered_by",
                schema: "spar",
                table: "pairs",
                type: "text",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "warnings",
                schema: "spar",
                table: "runs");

            migrationBuilder.DropColumn(
                name: "filtered_by",
                schema: "spar",
                table: "pairs");
        }
    }
}
