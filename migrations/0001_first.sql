-- Every table of the service. The names of keys and indices are those that the EF model gives them: a test compares the two.

CREATE TABLE spar.models (
    id text NOT NULL CONSTRAINT pk_models PRIMARY KEY,
    name text NOT NULL,
    path text NOT NULL,
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    architecture text NOT NULL,
    parameters bigint NOT NULL,
    context_length integer NOT NULL,
    vocabulary_size integer NOT NULL,
    file_type text NOT NULL,
    template text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX ix_models_sha256 ON spar.models (sha256);

CREATE TABLE spar.instruction_sets (
    id text NOT NULL CONSTRAINT pk_instruction_sets PRIMARY KEY,
    name text NOT NULL,
    count integer NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE spar.instructions (
    id text NOT NULL CONSTRAINT pk_instructions PRIMARY KEY,
    set_id text NOT NULL CONSTRAINT fk_instructions_instruction_sets_set_id
        REFERENCES spar.instruction_sets (id) ON DELETE CASCADE,
    ordinal integer NOT NULL,
    messages jsonb NOT NULL,
    constraints jsonb,
    metadata jsonb
);
CREATE UNIQUE INDEX ix_instructions_set_id_ordinal ON spar.instructions (set_id, ordinal);

CREATE TABLE spar.runs (
    id text NOT NULL CONSTRAINT pk_runs PRIMARY KEY,
    name text,
    set_id text NOT NULL CONSTRAINT fk_runs_instruction_sets_set_id REFERENCES spar.instruction_sets (id),
    actor_id text NOT NULL CONSTRAINT fk_runs_models_actor_id REFERENCES spar.models (id),
    refiner_id text NOT NULL CONSTRAINT fk_runs_models_refiner_id REFERENCES spar.models (id),
    judge_id text NOT NULL CONSTRAINT fk_runs_models_judge_id REFERENCES spar.models (id),
    recipe jsonb NOT NULL,
    seed bigint NOT NULL,
    rounds integer NOT NULL,
    status text NOT NULL,
    detail text,
    preflight jsonb,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz
);
CREATE INDEX ix_runs_set_id ON spar.runs (set_id);
CREATE INDEX ix_runs_actor_id ON spar.runs (actor_id);
CREATE INDEX ix_runs_refiner_id ON spar.runs (refiner_id);
CREATE INDEX ix_runs_judge_id ON spar.runs (judge_id);
CREATE INDEX ix_runs_status ON spar.runs (status);

CREATE TABLE spar.run_items (
    run_id text NOT NULL CONSTRAINT fk_run_items_runs_run_id REFERENCES spar.runs (id) ON DELETE CASCADE,
    round integer NOT NULL,
    instruction_id text NOT NULL CONSTRAINT fk_run_items_instructions_instruction_id REFERENCES spar.instructions (id),
    ordinal integer NOT NULL,
    state text NOT NULL,
    detail text,
    failures integer NOT NULL,
    lease_owner text,
    lease_epoch bigint NOT NULL,
    lease_until timestamptz,
    prefill_computed bigint NOT NULL,
    prefill_forked bigint NOT NULL,
    generated bigint NOT NULL,
    finished_at timestamptz,
    CONSTRAINT pk_run_items PRIMARY KEY (run_id, round, instruction_id)
);
CREATE INDEX ix_run_items_instruction_id ON spar.run_items (instruction_id);
CREATE INDEX ix_run_items_run_id_state_round_ordinal ON spar.run_items (run_id, state, round, ordinal);
CREATE INDEX ix_run_items_lease_owner ON spar.run_items (lease_owner) WHERE lease_owner IS NOT NULL;

CREATE TABLE spar.answers (
    run_id text NOT NULL,
    round integer NOT NULL,
    instruction_id text NOT NULL,
    index integer NOT NULL,
    text text NOT NULL,
    tokens integer[] NOT NULL,
    truncated boolean NOT NULL,
    seed bigint NOT NULL,
    model_hash text NOT NULL,
    prompt_hash text NOT NULL,
    CONSTRAINT pk_answers PRIMARY KEY (run_id, round, instruction_id, index),
    CONSTRAINT fk_answers_run_items_run_id_round_instruction_id FOREIGN KEY (run_id, round, instruction_id)
        REFERENCES spar.run_items ON DELETE CASCADE
);

CREATE TABLE spar.judgements (
    run_id text NOT NULL,
    round integer NOT NULL,
    instruction_id text NOT NULL,
    subject text NOT NULL,
    attempt integer NOT NULL,
    votes jsonb NOT NULL,
    label text NOT NULL,
    value double precision,
    critique integer,
    model_hash text NOT NULL,
    prompt_hash text NOT NULL,
    CONSTRAINT pk_judgements PRIMARY KEY (run_id, round, instruction_id, subject, attempt),
    CONSTRAINT fk_judgements_run_items_run_id_round_instruction_id FOREIGN KEY (run_id, round, instruction_id)
        REFERENCES spar.run_items ON DELETE CASCADE
);

CREATE TABLE spar.nodes (
    run_id text NOT NULL,
    round integer NOT NULL,
    instruction_id text NOT NULL,
    path text NOT NULL,
    parent text,
    depth integer NOT NULL,
    "order" integer,
    outcome text NOT NULL,
    text text NOT NULL,
    tokens integer[] NOT NULL,
    reply text NOT NULL,
    truncated boolean NOT NULL,
    attempts integer NOT NULL,
    seed bigint NOT NULL,
    judged_as text,
    judged_attempt integer,
    label text,
    value double precision,
    model_hash text NOT NULL,
    prompt_hash text NOT NULL,
    CONSTRAINT pk_nodes PRIMARY KEY (run_id, round, instruction_id, path),
    CONSTRAINT fk_nodes_run_items_run_id_round_instruction_id FOREIGN KEY (run_id, round, instruction_id)
        REFERENCES spar.run_items ON DELETE CASCADE
);

CREATE TABLE spar.pairs (
    run_id text NOT NULL,
    round integer NOT NULL,
    instruction_id text NOT NULL,
    id text NOT NULL,
    chosen text NOT NULL,
    chosen_from text NOT NULL,
    chosen_value double precision NOT NULL,
    rejected text NOT NULL,
    rejected_from text NOT NULL,
    rejected_value double precision NOT NULL,
    similarity double precision NOT NULL,
    CONSTRAINT pk_pairs PRIMARY KEY (run_id, round, instruction_id),
    CONSTRAINT fk_pairs_run_items_run_id_round_instruction_id FOREIGN KEY (run_id, round, instruction_id)
        REFERENCES spar.run_items ON DELETE CASCADE
);
CREATE UNIQUE INDEX ix_pairs_id ON spar.pairs (id);

CREATE TABLE spar.refiner_examples (
    run_id text NOT NULL,
    round integer NOT NULL,
    instruction_id text NOT NULL,
    kind text NOT NULL,
    source text NOT NULL,
    messages jsonb NOT NULL,
    prompt_hash text NOT NULL,
    model_hash text NOT NULL,
    draw bigint NOT NULL,
    CONSTRAINT pk_refiner_examples PRIMARY KEY (run_id, round, instruction_id, kind, source),
    CONSTRAINT fk_refiner_examples_run_items_run_id_round_instruction_id FOREIGN KEY (run_id, round, instruction_id)
        REFERENCES spar.run_items ON DELETE CASCADE
);
CREATE INDEX ix_refiner_examples_run_id_round_kind_draw ON spar.refiner_examples (run_id, round, kind, draw);

CREATE TABLE spar.failed_jobs (
    kind text NOT NULL,
    key text NOT NULL,
    payload text NOT NULL,
    attempts integer NOT NULL,
    error text NOT NULL,
    failed_at timestamptz NOT NULL,
    CONSTRAINT pk_failed_jobs PRIMARY KEY (kind, key)
);

-- The job queue makes and owns the tables in its own schema.
CREATE SCHEMA IF NOT EXISTS quartz;
