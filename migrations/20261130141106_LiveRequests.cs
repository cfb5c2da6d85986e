using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SPaR.Migrations
{
    /// <inheritdoc />
    public partial class LiveRequests : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "live_requests",
                schema: "spar",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    status = table.Column<string>(type: "text", nullable: false),
                    actor_id = table.Column<string>(type: "text", nullable: false),
                    refiner_id = table.Column<string>(type: "text", nullable: false),
                    judge_id = table.Column<string>(type: "text", nullable: false),
                    messages = table.Column<string>(type: "jsonb", nullable: false),
                    seed = table.Column<long>(type: "bigint", nullable: false),
                    recipe = table.Column<string>(type: "jsonb", nullable: true),
                    answer = table.Column<string>(type: "text", nullable: true),
                    constraints = table.Column<string>(type: "jsonb", nullable: true),
                    completion = table.Column<string>(type: "jsonb", nullable: true),
                    result = table.Column<string>(type: "jsonb", nullable: true),
                    failure_code = table.Column<string>(type: "text", nullable: true),
                    failure_message = table.Column<string>(type: "text", nullable: true),
                    lease_owner = table.Column<string>(type: "text", nullable: true),
                    lease_epoch = table.Column<long>(type: "bigint", nullable: false),
                    lease_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    watched_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_live_requests", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "live_outputs",
                schema: "spar",
                columns: table => new
                {
                    request_id = table.Column<string>(type: "text", nullable: false),
                    ordinal = table.Column<int>(type: "integer", nullable: false),
                    content = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_live_outputs", x => new { x.request_id, x.ordinal });
                    table.ForeignKey(
                        name: "fk_live_outputs_live_request_request_id",
                        column: x => x.request_id,
                        principalSchema: "spar",
                        principalTable: "live_requests",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_live_requests_finished_at",
                schema: "spar",
                table: "live_requests",
                column: "finished_at");

            migrationBuilder.CreateIndex(
                name: "ix_live_requests_status",
                schema: "spar",
                table: "live_requests",
                column: "status",
                filter: "status IN ('queued', 'running')");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "live_outputs",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "live_requests",
                schema: "spar");
        }
    }
}
