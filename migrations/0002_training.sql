-- Training runs, what they are trained on, and what they made.

ALTER TABLE spar.models
    ADD COLUMN parent_id text,
    ADD COLUMN training_run_id text,
    ADD COLUMN dataset jsonb,
    ADD COLUMN dataset_hash text;

CREATE TABLE spar.datasets (
    id text NOT NULL CONSTRAINT pk_datasets PRIMARY KEY,
    name text NOT NULL,
    format text NOT NULL,
    count integer NOT NULL,
    sha256 text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE spar.dataset_rows (
    dataset_id text NOT NULL CONSTRAINT fk_dataset_rows_datasets_dataset_id REFERENCES spar.datasets (id) ON DELETE CASCADE,
    ordinal integer NOT NULL,
    line bigint NOT NULL,
    messages jsonb NOT NULL,
    chosen text,
    rejected text,
    CONSTRAINT pk_dataset_rows PRIMARY KEY (dataset_id, ordinal)
);

CREATE TABLE spar.training_runs (
    id text NOT NULL CONSTRAINT pk_training_runs PRIMARY KEY,
    name text,
    method text NOT NULL,
    model_id text NOT NULL CONSTRAINT fk_training_runs_models_model_id REFERENCES spar.models (id),
    source jsonb NOT NULL,
    options jsonb NOT NULL,
    status text NOT NULL,
    step integer NOT NULL,
    steps integer,
    rows integer,
    dropped jsonb NOT NULL,
    dataset_hash text,
    restarts integer NOT NULL,
    failure_code text,
    failure_message text,
    failure_row text,
    result_id text,
    adapter text,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz
);
CREATE INDEX ix_training_runs_model_id ON spar.training_runs (model_id);
CREATE INDEX ix_training_runs_status ON spar.training_runs (status);

CREATE TABLE spar.training_metrics (
    training_run_id text NOT NULL CONSTRAINT fk_training_metrics_training_runs_training_run_id
        REFERENCES spar.training_runs (id) ON DELETE CASCADE,
    step integer NOT NULL,
    "values" jsonb NOT NULL,
    read_at timestamptz NOT NULL,
    CONSTRAINT pk_training_metrics PRIMARY KEY (training_run_id, step)
);
