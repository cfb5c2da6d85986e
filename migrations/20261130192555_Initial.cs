using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace SPaR.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "spar");

            migrationBuilder.CreateTable(
                name: "api_keys",
                schema: "spar",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    scope = table.Column<string>(type: "text", nullable: false),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    requests_per_minute = table.Column<int>(type: "integer", nullable: true),
                    max_body_bytes = table.Column<long>(type: "bigint", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    revoked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    last_used_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_keys", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "audit_log",
                schema: "spar",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    key_id = table.Column<string>(type: "text", nullable: true),
                    key_name = table.Column<string>(type: "text", nullable: true),
                    remote_address = table.Column<string>(type: "text", nullable: true),
                    method = table.Column<string>(type: "text", nullable: false),
                    route = table.Column<string>(type: "text", nullable: true),
                    path = table.Column<string>(type: "text", nullable: false),
                    status = table.Column<int>(type: "integer", nullable: true),
                    created = table.Column<string>(type: "text", nullable: true),
                    trace_id = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_audit_log", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "benchmark_sets",
                schema: "spar",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    benchmark = table.Column<string>(type: "text", nullable: false),
                    count = table.Column<int>(type: "integer", nullable: false),
                    sha256 = table.Column<string>(type: "text", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    upload = table.Column<string>(type: "jsonb", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_benchmark_sets", x => x.id);
                });

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
                name: "datasets",
                schema: "spar",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    format = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    count = table.Column<int>(type: "integer", nullable: false),
                    sha256 = table.Column<string>(type: "text", nullable: false),
                    bytes = table.Column<long>(type: "bigint", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    upload = table.Column<string>(type: "jsonb", nullable: true),
                    origin = table.Column<string>(type: "jsonb", nullable: true),
                    recipes = table.Column<string>(type: "jsonb", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_datasets", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "events",
                schema: "spar",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    subject = table.Column<string>(type: "text", nullable: false),
                    type = table.Column<string>(type: "text", nullable: false),
                    data = table.Column<string>(type: "jsonb", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_events", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "failed_jobs",
                schema: "spar",
                columns: table => new
                {
                    kind = table.Column<string>(type: "text", nullable: false),
                    key = table.Column<string>(type: "text", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    code = table.Column<string>(type: "text", nullable: false),
                    error = table.Column<string>(type: "text", nullable: false),
                    failed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_failed_jobs", x => new { x.kind, x.key });
                });

            migrationBuilder.CreateTable(
                name: "idempotent_requests",
                schema: "spar",
                columns: table => new
                {
                    caller = table.Column<string>(type: "text", nullable: false),
                    key_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    request_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    resource = table.Column<string>(type: "text", nullable: true),
                    answer = table.Column<byte[]>(type: "bytea", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_idempotent_requests", x => new { x.caller, x.key_hash });
                });

            migrationBuilder.CreateTable(
                name: "instruction_sets",
                schema: "spar",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    count = table.Column<int>(type: "integer", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    upload = table.Column<string>(type: "jsonb", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_instruction_sets", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "job_attempts",
                schema: "spar",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    key = table.Column<string>(type: "text", nullable: false),
                    progress = table.Column<long>(type: "bigint", nullable: false),
                    seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    died_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    last_words = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job_attempts", x => x.id);
                });

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
                    trace_parent = table.Column<string>(type: "text", nullable: true),
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
                name: "models",
                schema: "spar",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    path = table.Column<string>(type: "text", nullable: false),
                    sha256 = table.Column<string>(type: "text", nullable: false),
                    bytes = table.Column<long>(type: "bigint", nullable: false),
                    architecture = table.Column<string>(type: "text", nullable: false),
                    parameters = table.Column<long>(type: "bigint", nullable: false),
                    context_length = table.Column<int>(type: "integer", nullable: false),
                    vocabulary_size = table.Column<int>(type: "integer", nullable: false),
                    file_type = table.Column<string>(type: "text", nullable: false),
                    template = table.Column<string>(type: "text", nullable: false),
                    base_id = table.Column<string>(type: "text", nullable: true),
                    parent_id = table.Column<string>(type: "text", nullable: true),
                    training_run_id = table.Column<string>(type: "text", nullable: true),
                    conversion_id = table.Column<string>(type: "text", nullable: true),
                    run_id = table.Column<string>(type: "text", nullable: true),
                    round = table.Column<int>(type: "integer", nullable: true),
                    datasets = table.Column<string>(type: "jsonb", nullable: true),
                    dataset_hash = table.Column<string>(type: "text", nullable: true),
                    uploaded = table.Column<bool>(type: "boolean", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_models", x => x.id);
                    table.ForeignKey(
                        name: "fk_models_models_base_id",
                        column: x => x.base_id,
                        principalSchema: "spar",
                        principalTable: "models",
                        principalColumn: "id");
                });

            migrationBuilder.CreateTable(
                name: "skipped_rows",
                schema: "spar",
                columns: table => new
                {
                    upload_id = table.Column<string>(type: "text", nullable: false),
                    ordinal = table.Column<int>(type: "integer", nullable: false),
                    place = table.Column<string>(type: "text", nullable: false),
                    errors = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_skipped_rows", x => new { x.upload_id, x.ordinal });
                });

            migrationBuilder.CreateTable(
                name: "training_folder_removals",
                schema: "spar",
                columns: table => new
                {
                    training_run_id = table.Column<string>(type: "text", nullable: false),
                    folder_id = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_training_folder_removals", x => x.training_run_id);
                });

            migrationBuilder.CreateTable(
                name: "webhooks",
                schema: "spar",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: true),
                    url = table.Column<string>(type: "text", nullable: false),
                    events = table.Column<string>(type: "jsonb", nullable: false),
                    secret = table.Column<string>(type: "text", nullable: false),
                    after = table.Column<long>(type: "bigint", nullable: false),
                    disabled = table.Column<string>(type: "text", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_webhooks", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "work_activity",
                schema: "spar",
                columns: table => new
                {
                    worker = table.Column<string>(type: "text", nullable: false),
                    work_id = table.Column<string>(type: "text", nullable: false),
                    phase = table.Column<string>(type: "text", nullable: false),
                    in_flight = table.Column<int>(type: "integer", nullable: false),
                    generated = table.Column<long>(type: "bigint", nullable: false),
                    tokens_per_second = table.Column<double>(type: "double precision", nullable: false),
                    reported_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_work_activity", x => new { x.worker, x.work_id });
                });

            migrationBuilder.CreateTable(
                name: "key_sessions",
                schema: "spar",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    key_id = table.Column<string>(type: "text", nullable: false),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_key_sessions", x => x.id);
                    table.ForeignKey(
                        name: "fk_key_sessions_api_keys_key_id",
                        column: x => x.key_id,
                        principalSchema: "spar",
                        principalTable: "api_keys",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "benchmark_items",
                schema: "spar",
                columns: table => new
                {
                    set_id = table.Column<string>(type: "text", nullable: false),
                    ordinal = table.Column<int>(type: "integer", nullable: false),
                    key = table.Column<string>(type: "text", nullable: false),
                    body = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_benchmark_items", x => new { x.set_id, x.ordinal });
                    table.ForeignKey(
                        name: "fk_benchmark_items_benchmark_set_set_id",
                        column: x => x.set_id,
                        principalSchema: "spar",
                        principalTable: "benchmark_sets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "dataset_rows",
                schema: "spar",
                columns: table => new
                {
                    dataset_id = table.Column<string>(type: "text", nullable: false),
                    ordinal = table.Column<int>(type: "integer", nullable: false),
                    place = table.Column<string>(type: "text", nullable: false),
                    messages = table.Column<string>(type: "jsonb", nullable: false),
                    chosen = table.Column<string>(type: "text", nullable: true),
                    rejected = table.Column<string>(type: "text", nullable: true),
                    metadata = table.Column<string>(type: "jsonb", nullable: true),
                    pair_id = table.Column<string>(type: "text", nullable: true),
                    facts = table.Column<string>(type: "jsonb", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_dataset_rows", x => new { x.dataset_id, x.ordinal });
                    table.ForeignKey(
                        name: "fk_dataset_rows_dataset_dataset_id",
                        column: x => x.dataset_id,
                        principalSchema: "spar",
                        principalTable: "datasets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "instructions",
                schema: "spar",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    set_id = table.Column<string>(type: "text", nullable: false),
                    ordinal = table.Column<int>(type: "integer", nullable: false),
                    messages = table.Column<string>(type: "jsonb", nullable: false),
                    constraints = table.Column<string>(type: "jsonb", nullable: true),
                    metadata = table.Column<string>(type: "jsonb", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_instructions", x => x.id);
                    table.ForeignKey(
                        name: "fk_instructions_instruction_sets_set_id",
                        column: x => x.set_id,
                        principalSchema: "spar",
                        principalTable: "instruction_sets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
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

            migrationBuilder.CreateTable(
                name: "runs",
                schema: "spar",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: true),
                    set_id = table.Column<string>(type: "text", nullable: false),
                    instructions = table.Column<int>(type: "integer", nullable: true),
                    actor_id = table.Column<string>(type: "text", nullable: false),
                    refiner_id = table.Column<string>(type: "text", nullable: false),
                    judge_id = table.Column<string>(type: "text", nullable: false),
                    recipe = table.Column<string>(type: "jsonb", nullable: false),
                    seed = table.Column<long>(type: "bigint", nullable: false),
                    rounds = table.Column<int>(type: "integer", nullable: false),
                    target = table.Column<string>(type: "jsonb", nullable: true),
                    preview = table.Column<int>(type: "integer", nullable: true),
                    stall_seconds = table.Column<int>(type: "integer", nullable: false),
                    status = table.Column<string>(type: "text", nullable: false),
                    code = table.Column<string>(type: "text", nullable: true),
                    detail = table.Column<string>(type: "text", nullable: true),
                    preflight = table.Column<string>(type: "jsonb", nullable: true),
                    trace_parent = table.Column<string>(type: "text", nullable: true),
                    warnings = table.Column<string>(type: "jsonb", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_runs", x => x.id);
                    table.ForeignKey(
                        name: "fk_runs_instruction_sets_set_id",
                        column: x => x.set_id,
                        principalSchema: "spar",
                        principalTable: "instruction_sets",
                        principalColumn: "id");
                    table.ForeignKey(
                        name: "fk_runs_model_actor_id",
                        column: x => x.actor_id,
                        principalSchema: "spar",
                        principalTable: "models",
                        principalColumn: "id");
                    table.ForeignKey(
                        name: "fk_runs_model_judge_id",
                        column: x => x.judge_id,
                        principalSchema: "spar",
                        principalTable: "models",
                        principalColumn: "id");
                    table.ForeignKey(
                        name: "fk_runs_model_refiner_id",
                        column: x => x.refiner_id,
                        principalSchema: "spar",
                        principalTable: "models",
                        principalColumn: "id");
                });

            migrationBuilder.CreateTable(
                name: "training_runs",
                schema: "spar",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: true),
                    run_id = table.Column<string>(type: "text", nullable: true),
                    round = table.Column<int>(type: "integer", nullable: true),
                    role = table.Column<string>(type: "text", nullable: true),
                    suffix = table.Column<string>(type: "text", nullable: true),
                    metadata = table.Column<string>(type: "jsonb", nullable: true),
                    method = table.Column<string>(type: "text", nullable: false),
                    model_id = table.Column<string>(type: "text", nullable: false),
                    sources = table.Column<string>(type: "jsonb", nullable: false),
                    eval_source = table.Column<string>(type: "jsonb", nullable: true),
                    source_rows = table.Column<string>(type: "jsonb", nullable: true),
                    options = table.Column<string>(type: "jsonb", nullable: false),
                    status = table.Column<string>(type: "text", nullable: false),
                    step = table.Column<int>(type: "integer", nullable: false),
                    steps = table.Column<int>(type: "integer", nullable: true),
                    rows = table.Column<int>(type: "integer", nullable: true),
                    eval_rows = table.Column<int>(type: "integer", nullable: true),
                    dropped_count = table.Column<int>(type: "integer", nullable: false),
                    dataset_hash = table.Column<string>(type: "text", nullable: true),
                    restarts = table.Column<int>(type: "integer", nullable: false),
                    failure_code = table.Column<string>(type: "text", nullable: true),
                    failure_message = table.Column<string>(type: "text", nullable: true),
                    failure_row = table.Column<string>(type: "text", nullable: true),
                    result_id = table.Column<string>(type: "text", nullable: true),
                    outcome = table.Column<string>(type: "jsonb", nullable: true),
                    adapter = table.Column<string>(type: "text", nullable: true),
                    adapter_sha256 = table.Column<string>(type: "text", nullable: true),
                    adapter_bytes = table.Column<long>(type: "bigint", nullable: true),
                    machine = table.Column<string>(type: "text", nullable: true),
                    folder_id = table.Column<string>(type: "text", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_training_runs", x => x.id);
                    table.ForeignKey(
                        name: "fk_training_runs_models_model_id",
                        column: x => x.model_id,
                        principalSchema: "spar",
                        principalTable: "models",
                        principalColumn: "id");
                });

            migrationBuilder.CreateTable(
                name: "webhook_deliveries",
                schema: "spar",
                columns: table => new
                {
                    webhook_id = table.Column<string>(type: "text", nullable: false),
                    event_id = table.Column<long>(type: "bigint", nullable: false),
                    type = table.Column<string>(type: "text", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    status = table.Column<int>(type: "integer", nullable: true),
                    error = table.Column<string>(type: "text", nullable: true),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_webhook_deliveries", x => new { x.webhook_id, x.event_id });
                    table.ForeignKey(
                        name: "fk_webhook_deliveries_webhook_webhook_id",
                        column: x => x.webhook_id,
                        principalSchema: "spar",
                        principalTable: "webhooks",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "evaluations",
                schema: "spar",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: true),
                    benchmark = table.Column<string>(type: "text", nullable: false),
                    set_id = table.Column<string>(type: "text", nullable: true),
                    data_hash = table.Column<string>(type: "text", nullable: false),
                    actor_id = table.Column<string>(type: "text", nullable: false),
                    refiner_id = table.Column<string>(type: "text", nullable: true),
                    judge_id = table.Column<string>(type: "text", nullable: true),
                    decoding = table.Column<string>(type: "text", nullable: true),
                    recipe = table.Column<string>(type: "jsonb", nullable: false),
                    seed = table.Column<long>(type: "bigint", nullable: false),
                    limit = table.Column<int>(type: "integer", nullable: true),
                    items = table.Column<int>(type: "integer", nullable: false),
                    status = table.Column<string>(type: "text", nullable: false),
                    failure_code = table.Column<string>(type: "text", nullable: true),
                    failure_message = table.Column<string>(type: "text", nullable: true),
                    run_id = table.Column<string>(type: "text", nullable: true),
                    round = table.Column<int>(type: "integer", nullable: true),
                    trace_parent = table.Column<string>(type: "text", nullable: true),
                    metrics = table.Column<string>(type: "jsonb", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_evaluations", x => x.id);
                    table.ForeignKey(
                        name: "fk_evaluations_benchmark_sets_set_id",
                        column: x => x.set_id,
                        principalSchema: "spar",
                        principalTable: "benchmark_sets",
                        principalColumn: "id");
                    table.ForeignKey(
                        name: "fk_evaluations_model_actor_id",
                        column: x => x.actor_id,
                        principalSchema: "spar",
                        principalTable: "models",
                        principalColumn: "id");
                    table.ForeignKey(
                        name: "fk_evaluations_model_judge_id",
                        column: x => x.judge_id,
                        principalSchema: "spar",
                        principalTable: "models",
                        principalColumn: "id");
                    table.ForeignKey(
                        name: "fk_evaluations_model_refiner_id",
                        column: x => x.refiner_id,
                        principalSchema: "spar",
                        principalTable: "models",
                        principalColumn: "id");
                    table.ForeignKey(
                        name: "fk_evaluations_run_run_id",
                        column: x => x.run_id,
                        principalSchema: "spar",
                        principalTable: "runs",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "run_items",
                schema: "spar",
                columns: table => new
                {
                    run_id = table.Column<string>(type: "text", nullable: false),
                    round = table.Column<int>(type: "integer", nullable: false),
                    instruction_id = table.Column<string>(type: "text", nullable: false),
                    ordinal = table.Column<int>(type: "integer", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    detail = table.Column<string>(type: "text", nullable: true),
                    failures = table.Column<int>(type: "integer", nullable: false),
                    lease_owner = table.Column<string>(type: "text", nullable: true),
                    lease_epoch = table.Column<long>(type: "bigint", nullable: false),
                    lease_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    prefill_computed = table.Column<long>(type: "bigint", nullable: false),
                    prefill_forked = table.Column<long>(type: "bigint", nullable: false),
                    sample_generations = table.Column<int>(type: "integer", nullable: false),
                    judge_generations = table.Column<int>(type: "integer", nullable: false),
                    refine_generations = table.Column<int>(type: "integer", nullable: false),
                    sample_tokens = table.Column<long>(type: "bigint", nullable: false),
                    judge_tokens = table.Column<long>(type: "bigint", nullable: false),
                    refine_tokens = table.Column<long>(type: "bigint", nullable: false),
                    generated = table.Column<long>(type: "bigint", nullable: false, computedColumnSql: "sample_tokens + judge_tokens + refine_tokens", stored: true),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_run_items", x => new { x.run_id, x.round, x.instruction_id });
                    table.ForeignKey(
                        name: "fk_run_items_instructions_instruction_id",
                        column: x => x.instruction_id,
                        principalSchema: "spar",
                        principalTable: "instructions",
                        principalColumn: "id");
                    table.ForeignKey(
                        name: "fk_run_items_run_run_id",
                        column: x => x.run_id,
                        principalSchema: "spar",
                        principalTable: "runs",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "run_rounds",
                schema: "spar",
                columns: table => new
                {
                    run_id = table.Column<string>(type: "text", nullable: false),
                    round = table.Column<int>(type: "integer", nullable: false),
                    stage = table.Column<string>(type: "text", nullable: false),
                    actor_id = table.Column<string>(type: "text", nullable: false),
                    refiner_id = table.Column<string>(type: "text", nullable: false),
                    judge_id = table.Column<string>(type: "text", nullable: false),
                    actor_out_id = table.Column<string>(type: "text", nullable: true),
                    refiner_out_id = table.Column<string>(type: "text", nullable: true),
                    actor_training_id = table.Column<string>(type: "text", nullable: true),
                    refiner_training_id = table.Column<string>(type: "text", nullable: true),
                    evaluation = table.Column<string>(type: "jsonb", nullable: true),
                    rolled_back = table.Column<bool>(type: "boolean", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    stage_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_run_rounds", x => new { x.run_id, x.round });
                    table.ForeignKey(
                        name: "fk_run_rounds_models_actor_id",
                        column: x => x.actor_id,
                        principalSchema: "spar",
                        principalTable: "models",
                        principalColumn: "id");
                    table.ForeignKey(
                        name: "fk_run_rounds_models_actor_out_id",
                        column: x => x.actor_out_id,
                        principalSchema: "spar",
                        principalTable: "models",
                        principalColumn: "id");
                    table.ForeignKey(
                        name: "fk_run_rounds_models_judge_id",
                        column: x => x.judge_id,
                        principalSchema: "spar",
                        principalTable: "models",
                        principalColumn: "id");
                    table.ForeignKey(
                        name: "fk_run_rounds_models_refiner_id",
                        column: x => x.refiner_id,
                        principalSchema: "spar",
                        principalTable: "models",
                        principalColumn: "id");
                    table.ForeignKey(
                        name: "fk_run_rounds_models_refiner_out_id",
                        column: x => x.refiner_out_id,
                        principalSchema: "spar",
                        principalTable: "models",
                        principalColumn: "id");
                    table.ForeignKey(
                        name: "fk_run_rounds_runs_run_id",
                        column: x => x.run_id,
                        principalSchema: "spar",
                        principalTable: "runs",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_run_rounds_training_run_actor_training_id",
                        column: x => x.actor_training_id,
                        principalSchema: "spar",
                        principalTable: "training_runs",
                        principalColumn: "id");
                    table.ForeignKey(
                        name: "fk_run_rounds_training_run_refiner_training_id",
                        column: x => x.refiner_training_id,
                        principalSchema: "spar",
                        principalTable: "training_runs",
                        principalColumn: "id");
                });

            migrationBuilder.CreateTable(
                name: "training_dropped_rows",
                schema: "spar",
                columns: table => new
                {
                    training_run_id = table.Column<string>(type: "text", nullable: false),
                    ordinal = table.Column<int>(type: "integer", nullable: false),
                    row_id = table.Column<string>(type: "text", nullable: false),
                    dataset = table.Column<string>(type: "text", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_training_dropped_rows", x => new { x.training_run_id, x.ordinal });
                    table.ForeignKey(
                        name: "fk_training_dropped_rows_training_run_training_run_id",
                        column: x => x.training_run_id,
                        principalSchema: "spar",
                        principalTable: "training_runs",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "training_metrics",
                schema: "spar",
                columns: table => new
                {
                    training_run_id = table.Column<string>(type: "text", nullable: false),
                    step = table.Column<int>(type: "integer", nullable: false),
                    values = table.Column<string>(type: "jsonb", nullable: false),
                    read_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_training_metrics", x => new { x.training_run_id, x.step });
                    table.ForeignKey(
                        name: "fk_training_metrics_training_run_training_run_id",
                        column: x => x.training_run_id,
                        principalSchema: "spar",
                        principalTable: "training_runs",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "evaluation_results",
                schema: "spar",
                columns: table => new
                {
                    evaluation_id = table.Column<string>(type: "text", nullable: false),
                    ordinal = table.Column<int>(type: "integer", nullable: false),
                    key = table.Column<string>(type: "text", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    message = table.Column<string>(type: "text", nullable: true),
                    result = table.Column<string>(type: "jsonb", nullable: true),
                    actor_hash = table.Column<string>(type: "text", nullable: false),
                    refiner_hash = table.Column<string>(type: "text", nullable: true),
                    judge_hash = table.Column<string>(type: "text", nullable: true),
                    prompt_hash = table.Column<string>(type: "text", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_evaluation_results", x => new { x.evaluation_id, x.ordinal });
                    table.ForeignKey(
                        name: "fk_evaluation_results_evaluation_run_evaluation_id",
                        column: x => x.evaluation_id,
                        principalSchema: "spar",
                        principalTable: "evaluations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "answers",
                schema: "spar",
                columns: table => new
                {
                    run_id = table.Column<string>(type: "text", nullable: false),
                    round = table.Column<int>(type: "integer", nullable: false),
                    instruction_id = table.Column<string>(type: "text", nullable: false),
                    index = table.Column<int>(type: "integer", nullable: false),
                    text = table.Column<string>(type: "text", nullable: false),
                    reasoning = table.Column<string>(type: "text", nullable: true),
                    tokens = table.Column<int[]>(type: "integer[]", nullable: false),
                    truncated = table.Column<bool>(type: "boolean", nullable: false),
                    verifier = table.Column<string>(type: "jsonb", nullable: true),
                    seed = table.Column<long>(type: "bigint", nullable: false),
                    model_hash = table.Column<string>(type: "text", nullable: false),
                    prompt_hash = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_answers", x => new { x.run_id, x.round, x.instruction_id, x.index });
                    table.ForeignKey(
                        name: "fk_answers_run_items_run_id_round_instruction_id",
                        columns: x => new { x.run_id, x.round, x.instruction_id },
                        principalSchema: "spar",
                        principalTable: "run_items",
                        principalColumns: new[] { "run_id", "round", "instruction_id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "judgements",
                schema: "spar",
                columns: table => new
                {
                    run_id = table.Column<string>(type: "text", nullable: false),
                    round = table.Column<int>(type: "integer", nullable: false),
                    instruction_id = table.Column<string>(type: "text", nullable: false),
                    subject = table.Column<string>(type: "text", nullable: false),
                    attempt = table.Column<int>(type: "integer", nullable: false),
                    votes = table.Column<string>(type: "jsonb", nullable: false),
                    label = table.Column<string>(type: "text", nullable: false),
                    value = table.Column<double>(type: "double precision", nullable: true),
                    critique = table.Column<int>(type: "integer", nullable: true),
                    voted_label = table.Column<string>(type: "text", nullable: true),
                    voted_value = table.Column<double>(type: "double precision", nullable: true),
                    model_hash = table.Column<string>(type: "text", nullable: false),
                    prompt_hash = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_judgements", x => new { x.run_id, x.round, x.instruction_id, x.subject, x.attempt });
                    table.ForeignKey(
                        name: "fk_judgements_run_items_run_id_round_instruction_id",
                        columns: x => new { x.run_id, x.round, x.instruction_id },
                        principalSchema: "spar",
                        principalTable: "run_items",
                        principalColumns: new[] { "run_id", "round", "instruction_id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "nodes",
                schema: "spar",
                columns: table => new
                {
                    run_id = table.Column<string>(type: "text", nullable: false),
                    round = table.Column<int>(type: "integer", nullable: false),
                    instruction_id = table.Column<string>(type: "text", nullable: false),
                    path = table.Column<string>(type: "text", nullable: false),
                    parent = table.Column<string>(type: "text", nullable: true),
                    depth = table.Column<int>(type: "integer", nullable: false),
                    order = table.Column<int>(type: "integer", nullable: true),
                    outcome = table.Column<string>(type: "text", nullable: false),
                    text = table.Column<string>(type: "text", nullable: false),
                    reasoning = table.Column<string>(type: "text", nullable: true),
                    tokens = table.Column<int[]>(type: "integer[]", nullable: false),
                    reply = table.Column<string>(type: "text", nullable: false),
                    truncated = table.Column<bool>(type: "boolean", nullable: false),
                    verifier = table.Column<string>(type: "jsonb", nullable: true),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    seed = table.Column<long>(type: "bigint", nullable: false),
                    judged_as = table.Column<string>(type: "text", nullable: true),
                    judged_attempt = table.Column<int>(type: "integer", nullable: true),
                    label = table.Column<string>(type: "text", nullable: true),
                    value = table.Column<double>(type: "double precision", nullable: true),
                    model_hash = table.Column<string>(type: "text", nullable: false),
                    prompt_hash = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_nodes", x => new { x.run_id, x.round, x.instruction_id, x.path });
                    table.ForeignKey(
                        name: "fk_nodes_run_items_run_id_round_instruction_id",
                        columns: x => new { x.run_id, x.round, x.instruction_id },
                        principalSchema: "spar",
                        principalTable: "run_items",
                        principalColumns: new[] { "run_id", "round", "instruction_id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "pairs",
                schema: "spar",
                columns: table => new
                {
                    run_id = table.Column<string>(type: "text", nullable: false),
                    round = table.Column<int>(type: "integer", nullable: false),
                    instruction_id = table.Column<string>(type: "text", nullable: false),
                    id = table.Column<string>(type: "text", nullable: false),
                    chosen = table.Column<string>(type: "text", nullable: false),
                    chosen_from = table.Column<string>(type: "text", nullable: false),
                    chosen_value = table.Column<double>(type: "double precision", nullable: false),
                    chosen_verifier = table.Column<string>(type: "jsonb", nullable: true),
                    rejected = table.Column<string>(type: "text", nullable: false),
                    rejected_from = table.Column<string>(type: "text", nullable: false),
                    rejected_value = table.Column<double>(type: "double precision", nullable: false),
                    rejected_verifier = table.Column<string>(type: "jsonb", nullable: true),
                    similarity = table.Column<double>(type: "double precision", nullable: false),
                    filtered_by = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_pairs", x => new { x.run_id, x.round, x.instruction_id });
                    table.ForeignKey(
                        name: "fk_pairs_run_items_run_id_round_instruction_id",
                        columns: x => new { x.run_id, x.round, x.instruction_id },
                        principalSchema: "spar",
                        principalTable: "run_items",
                        principalColumns: new[] { "run_id", "round", "instruction_id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "refiner_examples",
                schema: "spar",
                columns: table => new
                {
                    run_id = table.Column<string>(type: "text", nullable: false),
                    round = table.Column<int>(type: "integer", nullable: false),
                    instruction_id = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    source = table.Column<string>(type: "text", nullable: false),
                    messages = table.Column<string>(type: "jsonb", nullable: false),
                    prompt_hash = table.Column<string>(type: "text", nullable: false),
                    model_hash = table.Column<string>(type: "text", nullable: false),
                    draw = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_refiner_examples", x => new { x.run_id, x.round, x.instruction_id, x.kind, x.source });
                    table.ForeignKey(
                        name: "fk_refiner_examples_run_items_run_id_round_instruction_id",
                        columns: x => new { x.run_id, x.round, x.instruction_id },
                        principalSchema: "spar",
                        principalTable: "run_items",
                        principalColumns: new[] { "run_id", "round", "instruction_id" },
                        onDelete: ReferentialAction.Cascade);
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

            migrationBuilder.CreateIndex(
                name: "ix_audit_log_at",
                schema: "spar",
                table: "audit_log",
                column: "at");

            migrationBuilder.CreateIndex(
                name: "ix_benchmark_items_set_id_key",
                schema: "spar",
                table: "benchmark_items",
                columns: new[] { "set_id", "key" },
                unique: true);

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

            migrationBuilder.CreateIndex(
                name: "ix_dataset_rows_pair_id",
                schema: "spar",
                table: "dataset_rows",
                column: "pair_id",
                filter: "pair_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_datasets_name_version",
                schema: "spar",
                table: "datasets",
                columns: new[] { "name", "version" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_evaluations_actor_id",
                schema: "spar",
                table: "evaluations",
                column: "actor_id");

            migrationBuilder.CreateIndex(
                name: "ix_evaluations_judge_id",
                schema: "spar",
                table: "evaluations",
                column: "judge_id");

            migrationBuilder.CreateIndex(
                name: "ix_evaluations_refiner_id",
                schema: "spar",
                table: "evaluations",
                column: "refiner_id");

            migrationBuilder.CreateIndex(
                name: "ix_evaluations_run_id_round_name",
                schema: "spar",
                table: "evaluations",
                columns: new[] { "run_id", "round", "name" },
                unique: true,
                filter: "run_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_evaluations_set_id",
                schema: "spar",
                table: "evaluations",
                column: "set_id");

            migrationBuilder.CreateIndex(
                name: "ix_evaluations_status",
                schema: "spar",
                table: "evaluations",
                column: "status");

            migrationBuilder.CreateIndex(
                name: "ix_events_created_at",
                schema: "spar",
                table: "events",
                column: "created_at");

            migrationBuilder.CreateIndex(
                name: "ix_events_subject_id",
                schema: "spar",
                table: "events",
                columns: new[] { "subject", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_idempotent_requests_created_at",
                schema: "spar",
                table: "idempotent_requests",
                column: "created_at");

            migrationBuilder.CreateIndex(
                name: "ix_instructions_set_id",
                schema: "spar",
                table: "instructions",
                column: "set_id",
                filter: "constraints IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_instructions_set_id_ordinal",
                schema: "spar",
                table: "instructions",
                columns: new[] { "set_id", "ordinal" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_job_attempts_kind_key",
                schema: "spar",
                table: "job_attempts",
                columns: new[] { "kind", "key" });

            migrationBuilder.CreateIndex(
                name: "ix_key_sessions_key_id",
                schema: "spar",
                table: "key_sessions",
                column: "key_id");

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

            migrationBuilder.CreateIndex(
                name: "ix_models_base_id",
                schema: "spar",
                table: "models",
                column: "base_id");

            migrationBuilder.CreateIndex(
                name: "ix_models_sha256",
                schema: "spar",
                table: "models",
                column: "sha256");

            migrationBuilder.CreateIndex(
                name: "ix_pairs_id",
                schema: "spar",
                table: "pairs",
                column: "id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_refiner_examples_run_id_round_kind_draw",
                schema: "spar",
                table: "refiner_examples",
                columns: new[] { "run_id", "round", "kind", "draw" });

            migrationBuilder.CreateIndex(
                name: "ix_run_items_instruction_id",
                schema: "spar",
                table: "run_items",
                column: "instruction_id");

            migrationBuilder.CreateIndex(
                name: "ix_run_items_lease_owner",
                schema: "spar",
                table: "run_items",
                column: "lease_owner",
                filter: "lease_owner IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_run_items_run_id_round_ordinal",
                schema: "spar",
                table: "run_items",
                columns: new[] { "run_id", "round", "ordinal" });

            migrationBuilder.CreateIndex(
                name: "ix_run_items_run_id_state_round_ordinal",
                schema: "spar",
                table: "run_items",
                columns: new[] { "run_id", "state", "round", "ordinal" });

            migrationBuilder.CreateIndex(
                name: "ix_run_rounds_actor_id",
                schema: "spar",
                table: "run_rounds",
                column: "actor_id");

            migrationBuilder.CreateIndex(
                name: "ix_run_rounds_actor_out_id",
                schema: "spar",
                table: "run_rounds",
                column: "actor_out_id");

            migrationBuilder.CreateIndex(
                name: "ix_run_rounds_actor_training_id",
                schema: "spar",
                table: "run_rounds",
                column: "actor_training_id");

            migrationBuilder.CreateIndex(
                name: "ix_run_rounds_judge_id",
                schema: "spar",
                table: "run_rounds",
                column: "judge_id");

            migrationBuilder.CreateIndex(
                name: "ix_run_rounds_refiner_id",
                schema: "spar",
                table: "run_rounds",
                column: "refiner_id");

            migrationBuilder.CreateIndex(
                name: "ix_run_rounds_refiner_out_id",
                schema: "spar",
                table: "run_rounds",
                column: "refiner_out_id");

            migrationBuilder.CreateIndex(
                name: "ix_run_rounds_refiner_training_id",
                schema: "spar",
                table: "run_rounds",
                column: "refiner_training_id");

            migrationBuilder.CreateIndex(
                name: "ix_runs_actor_id",
                schema: "spar",
                table: "runs",
                column: "actor_id");

            migrationBuilder.CreateIndex(
                name: "ix_runs_judge_id",
                schema: "spar",
                table: "runs",
                column: "judge_id");

            migrationBuilder.CreateIndex(
                name: "ix_runs_refiner_id",
                schema: "spar",
                table: "runs",
                column: "refiner_id");

            migrationBuilder.CreateIndex(
                name: "ix_runs_set_id",
                schema: "spar",
                table: "runs",
                column: "set_id");

            migrationBuilder.CreateIndex(
                name: "ix_runs_status",
                schema: "spar",
                table: "runs",
                column: "status");

            migrationBuilder.CreateIndex(
                name: "ix_training_runs_model_id_adapter",
                schema: "spar",
                table: "training_runs",
                columns: new[] { "model_id", "adapter" },
                filter: "adapter IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_training_runs_result_id",
                schema: "spar",
                table: "training_runs",
                column: "result_id",
                filter: "adapter IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_training_runs_run_id_round_role",
                schema: "spar",
                table: "training_runs",
                columns: new[] { "run_id", "round", "role" },
                unique: true,
                filter: "run_id IS NOT NULL AND status <> 'cancelled'");

            migrationBuilder.CreateIndex(
                name: "ix_training_runs_sources",
                schema: "spar",
                table: "training_runs",
                column: "sources")
                .Annotation("Npgsql:IndexMethod", "gin");

            migrationBuilder.CreateIndex(
                name: "ix_training_runs_status",
                schema: "spar",
                table: "training_runs",
                column: "status");

            migrationBuilder.CreateIndex(
                name: "ix_webhook_deliveries_due_at",
                schema: "spar",
                table: "webhook_deliveries",
                column: "due_at",
                filter: "due_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_work_activity_work_id",
                schema: "spar",
                table: "work_activity",
                column: "work_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "answers",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "audit_log",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "benchmark_items",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "conversions",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "dataset_names",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "dataset_rows",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "evaluation_results",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "events",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "failed_jobs",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "idempotent_requests",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "job_attempts",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "judgements",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "key_sessions",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "live_outputs",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "nodes",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "pair_verdicts",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "refiner_examples",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "run_rounds",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "skipped_rows",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "training_dropped_rows",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "training_folder_removals",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "training_metrics",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "webhook_deliveries",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "work_activity",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "datasets",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "evaluations",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "api_keys",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "live_requests",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "pairs",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "training_runs",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "webhooks",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "benchmark_sets",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "run_items",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "instructions",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "runs",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "instruction_sets",
                schema: "spar");

            migrationBuilder.DropTable(
                name: "models",
                schema: "spar");
        }
    }
}
