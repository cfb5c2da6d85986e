-- Adapters as models: what they are applied to.

ALTER TABLE spar.models
    ADD COLUMN base_id text CONSTRAINT fk_models_models_base_id REFERENCES spar.models (id);
CREATE INDEX ix_models_base_id ON spar.models (base_id);
