-- Runs of several rounds: where each round stands, which models it takes and makes, and how good these are.

ALTER TABLE spar.models
    ADD COLUMN run_id text,
    ADD COLUMN round integer;

ALTER TABLE spar.training_runs
    ADD COLUMN run_id text,
    ADD COLUMN round integer,
    ADD COLUMN role text;
-- No model is trained twice on the data of a round; one that was cancelled made none.
CREATE UNIQUE INDEX ix_training_runs_run_id_round_role ON spar.training_runs (run_id, round, role)
    WHERE run_id IS NOT NULL AND status <> 'cancelled';

CREATE TABLE spar.run_rounds (
    run_id text NOT NULL CONSTRAINT fk_run_rounds_runs_run_id REFERENCES spar.runs (id) ON DELETE CASCADE,
    round integer NOT NULL,
    stage text NOT NULL,
    actor_id text NOT NULL CONSTRAINT fk_run_rounds_models_actor_id REFERENCES spar.models (id),
    refiner_id text NOT NULL CONSTRAINT fk_run_rounds_models_refiner_id REFERENCES spar.models (id),
    judge_id text NOT NULL CONSTRAINT fk_run_rounds_models_judge_id REFERENCES spar.models (id),
    actor_out_id text CONSTRAINT fk_run_rounds_models_actor_out_id REFERENCES spar.models (id),
    refiner_out_id text CONSTRAINT fk_run_rounds_models_refiner_out_id REFERENCES spar.models (id),
    actor_training_id text CONSTRAINT fk_run_rounds_training_runs_actor_training_id REFERENCES spar.training_runs (id),
    refiner_training_id text CONSTRAINT fk_run_rounds_training_runs_refiner_training_id REFERENCES spar.training_runs (id),
    evaluation jsonb,
    rolled_back boolean NOT NULL,
    started_at timestamptz NOT NULL,
    stage_at timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT pk_run_rounds PRIMARY KEY (run_id, round)
);
CREATE INDEX ix_run_rounds_actor_id ON spar.run_rounds (actor_id);
CREATE INDEX ix_run_rounds_refiner_id ON spar.run_rounds (refiner_id);
CREATE INDEX ix_run_rounds_judge_id ON spar.run_rounds (judge_id);
CREATE INDEX ix_run_rounds_actor_out_id ON spar.run_rounds (actor_out_id);
CREATE INDEX ix_run_rounds_refiner_out_id ON spar.run_rounds (refiner_out_id);
CREATE INDEX ix_run_rounds_actor_training_id ON spar.run_rounds (actor_training_id);
CREATE INDEX ix_run_rounds_refiner_training_id ON spar.run_rounds (refiner_training_id);

-- Runs of before had one round and trained nothing.
INSERT INTO spar.run_rounds (run_id, round, stage, actor_id, refiner_id, judge_id, rolled_back, started_at, stage_at, finished_at)
SELECT id, 1, CASE status WHEN 'succeeded' THEN 'done' ELSE 'self-play' END, actor_id, refiner_id, judge_id, false,
    coalesce(started_at, created_at), coalesce(started_at, created_at), CASE status WHEN 'succeeded' THEN finished_at END
FROM spar.runs;
