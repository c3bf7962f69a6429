-- Accounts and their sessions. No password, refresh token or mailed token is stored: only hashes.

CREATE TABLE users (
  id                uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  -- The canonical form: ASCII lower case.
  email             text        NOT NULL UNIQUE COLLATE "C"
                    CHECK (email = lower(email) AND email ~ '^[!-~]+@[!-~]+$' AND length(email) <= 254),
  name              text        NOT NULL DEFAULT '' CHECK (length(name) <= 100),
  phone             text        CHECK (phone ~ '^\+880[0-9]{10}$'),
  password_hash     text        NOT NULL CHECK (password_hash LIKE '$argon2id$%' AND length(password_hash) <= 300),
  -- Raised by every new password, not by hashing the same one anew: a sign-in that is under way with the old one fails.
  password_version  int         NOT NULL DEFAULT 1,
  role              text        NOT NULL DEFAULT 'shopper' CHECK (role IN ('shopper', 'staff')),
  locale            text        NOT NULL DEFAULT 'en' CHECK (locale IN ('en', 'bn')),
  email_verified_at timestamptz,
  disabled_at       timestamptz,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now()
);

-- One row for each sign-in: the family of all refresh tokens that rotation makes from it.
CREATE TABLE sessions (
  id                    uuid        PRIMARY KEY,
  user_id               uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- SHA-256 of the refresh token in force, and of the one before it.
  refresh_hash          bytea       NOT NULL UNIQUE CHECK (length(refresh_hash) = 32),
  previous_refresh_hash bytea       CHECK (length(previous_refresh_hash) = 32),
  rotated_at            timestamptz,
  -- Browser and system in words, such as "Firefox on Android": what the owner tells sessions apart by.
  device                text        NOT NULL DEFAULT '' CHECK (length(device) <= 60),
  created_at            timestamptz NOT NULL DEFAULT now(),
  last_used_at          timestamptz NOT NULL DEFAULT now(),
  -- End of the absolute life, whatever the use.
  expires_at            timestamptz NOT NULL,
  revoked_at            timestamptz,
  revoked_reason        text        CHECK (revoked_reason IN ('logout', 'logout-all', 'reuse', 'password', 'disabled', 'staff')),
  CHECK (expires_at > created_at)
);
CREATE INDEX sessions_user ON sessions (user_id, created_at DESC) WHERE revoked_at IS NULL;
-- What the sweeper removes.
CREATE INDEX sessions_revoked ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Tokens that are mailed: to reset a password, to verify an address. Single use.
CREATE TABLE account_tokens (
  token_hash bytea       PRIMARY KEY CHECK (length(token_hash) = 32),
  user_id    uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  purpose    text        NOT NULL CHECK (purpose IN ('reset-password', 'verify-email')),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  used_at    timestamptz,
  CHECK (expires_at > created_at)
);
CREATE INDEX account_tokens_user ON account_tokens (user_id, purpose);
CREATE INDEX account_tokens_expiry ON account_tokens (expires_at);

CREATE TABLE addresses (
  id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id     uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name        text        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  phone       text        NOT NULL CHECK (phone ~ '^\+880[0-9]{10}$'),
  division    text        NOT NULL CHECK (length(division) BETWEEN 1 AND 60),
  district    text        NOT NULL CHECK (length(district) BETWEEN 1 AND 60),
  upazila     text        NOT NULL CHECK (length(upazila) BETWEEN 1 AND 60),
  street      text        NOT NULL CHECK (length(street) BETWEEN 1 AND 300),
  is_default  boolean     NOT NULL DEFAULT false,
  created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX addresses_user ON addresses (user_id, created_at);
CREATE UNIQUE INDEX addresses_default ON addresses (user_id) WHERE is_default;
