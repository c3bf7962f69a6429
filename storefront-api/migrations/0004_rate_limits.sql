-- Counters that all replicas share. Unlogged: losing them in a crash costs one window, writing them twice would cost
-- every request. The columns are those of rate-limiter-flexible's PostgreSQL store.

CREATE UNLOGGED TABLE rate_limits (
  key    varchar(255) PRIMARY KEY,
  points int          NOT NULL DEFAULT 0,
  -- Milliseconds since 1970; NULL: never.
  expire bigint
);
CREATE INDEX rate_limits_expiry ON rate_limits (expire);
