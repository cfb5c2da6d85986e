-- Evaluations: what is measured with, what is measured, and what every item came to.

CREATE TABLE spar.benchmark_sets (
    id text NOT NULL CONSTRAINT pk_benchmark_sets PRIMARY KEY,
    name text NOT NULL,
    benchmark text NOT NULL,
    count integer NOT NULL,
    sha256 text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE spar.benchmark_items (
    set_id text NOT NULL CONSTRAINT fk_benchmark_items_benchmark_sets_set_id REFERENCES spar.benchmark_sets (id) ON DELETE CASCADE,
    ordinal integer NOT NULL,
    key text NOT NULL,
    body jsonb NOT NULL,
    CONSTRAINT pk_benchmark_items PRIMARY KEY (set_id, ordinal)
);
CREATE UNIQUE INDEX ix_benchmark_items_set_id_key ON spar.benchmark_items (set_id, key);

CREATE TABLE spar.evaluations (
    id text NOT NULL CONSTRAINT pk_evaluations PRIMARY KEY,
    name text,
    benchmark text NOT NULL,
    set_id text CONSTRAINT fk_evaluations_benchmark_sets_set_id REFERENCES spar.benchmark_sets (id),
    data_hash text NOT NULL,
    actor_id text NOT NULL CONSTRAINT fk_evaluations_models_actor_id REFERENCES spar.models (id),
    refiner_id text CONSTRAINT fk_evaluations_models_refiner_id REFERENCES spar.models (id),
    judge_id text CONSTRAINT fk_evaluations_models_judge_id REFERENCES spar.models (id),
    decoding text,
    recipe jsonb NOT NULL,
    seed bigint NOT NULL,
    "limit" integer,
    items integer NOT NULL,
    status text NOT NULL,
    failure_code text,
    failure_message text,
    run_id text CONSTRAINT fk_evaluations_runs_run_id REFERENCES spar.runs (id) ON DELETE CASCADE,
    round integer,
    figures jsonb,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz
);
CREATE INDEX ix_evaluations_set_id ON spar.evaluations (set_id);
CREATE INDEX ix_evaluations_actor_id ON spar.evaluations (actor_id);
CREATE INDEX ix_evaluations_refiner_id ON spar.evaluations (refiner_id);
CREATE INDEX ix_evaluations_judge_id ON spar.evaluations (judge_id);
CREATE INDEX ix_evaluations_status ON spar.evaluations (status);
-- A round measures once under each name.
CREATE UNIQUE INDEX ix_evaluations_run_id_round_name ON spar.evaluations (run_id, round, name) WHERE run_id IS NOT NULL;

CREATE TABLE spar.evaluation_results (
    evaluation_id text NOT NULL CONSTRAINT fk_evaluation_results_evaluations_evaluation_id
        REFERENCES spar.evaluations (id) ON DELETE CASCADE,
    ordinal integer NOT NULL,
    key text NOT NULL,
    state text NOT NULL,
    message text,
    result jsonb,
    actor_hash text NOT NULL,
    refiner_hash text,
    judge_hash text,
    prompt_hash text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT pk_evaluation_results PRIMARY KEY (evaluation_id, ordinal)
);
