-- Who may do what: keys and logins by their hashes, and what was changed by whom.

CREATE TABLE spar.api_keys (
    id text NOT NULL CONSTRAINT pk_api_keys PRIMARY KEY,
    name text NOT NULL,
    scope text NOT NULL,
    hash bytea NOT NULL,
    requests_per_minute integer,
    max_body_bytes bigint,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz
);

CREATE TABLE spar.key_sessions (
    id text NOT NULL CONSTRAINT pk_key_sessions PRIMARY KEY,
    key_id text NOT NULL CONSTRAINT fk_key_sessions_api_keys_key_id REFERENCES spar.api_keys (id) ON DELETE CASCADE,
    hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ix_key_sessions_key_id ON spar.key_sessions (key_id);

-- Refers to no key: it is kept as it was written.
CREATE TABLE spar.audit_log (
    id text NOT NULL CONSTRAINT pk_audit_log PRIMARY KEY,
    at timestamptz NOT NULL,
    key_id text,
    key_name text,
    remote_address text,
    method text NOT NULL,
    route text,
    path text NOT NULL,
    status integer,
    created text,
    trace_id text NOT NULL
);
CREATE INDEX ix_audit_log_at ON spar.audit_log (at);
