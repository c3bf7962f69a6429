-- Carts, orders and what makes a checkout happen exactly once.

CREATE TABLE carts (
  id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  -- A guest's cart has no user; an account has at most one.
  user_id    uuid        UNIQUE REFERENCES users (id) ON DELETE CASCADE,
  -- Raised by every change of the lines, so that a checkout notices a change that it waited for.
  version    bigint      NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX carts_idle_guests ON carts (updated_at) WHERE user_id IS NULL;

CREATE TABLE cart_lines (
  cart_id    uuid        NOT NULL REFERENCES carts (id) ON DELETE CASCADE,
  variant_id bigint      NOT NULL REFERENCES variants (id) ON DELETE CASCADE,
  quantity   int         NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
  -- Price that the shopper saw when the line was last changed; the cart tells when it is another now.
  seen_price_minor bigint NOT NULL CHECK (seen_price_minor >= 0),
  added_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (cart_id, variant_id)
);
CREATE INDEX cart_lines_variant ON cart_lines (variant_id);

-- The bound of domain/cart.ts. Whoever adds a line has locked the cart's row before, so two who add at once take turns,
-- and the second counts what the first has committed.
CREATE FUNCTION bound_cart_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT count(*) FROM cart_lines WHERE cart_id = NEW.cart_id) > 50 THEN
    RAISE EXCEPTION 'too many lines' USING ERRCODE = 'check_violation', CONSTRAINT = 'cart_lines_bound';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER cart_lines_added AFTER INSERT ON cart_lines
  FOR EACH ROW EXECUTE FUNCTION bound_cart_lines();

CREATE TABLE orders (
  id             uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  -- What the shopper reads out on the phone.
  number         bigint      GENERATED ALWAYS AS IDENTITY (START WITH 100001) UNIQUE,
  user_id        uuid        REFERENCES users (id) ON DELETE SET NULL,
  -- SHA-256 of the token that lets a guest see the order.
  guest_hash     bytea       CHECK (length(guest_hash) = 32),
  state          text        NOT NULL DEFAULT 'placed'
                 CHECK (state IN ('placed', 'confirmed', 'packed', 'shipped', 'delivered', 'cancelled', 'returned')),
  payment_method text        NOT NULL CHECK (payment_method IN ('cod', 'test')),
  payment_state  text        NOT NULL DEFAULT 'due' CHECK (payment_state IN ('due', 'paid', 'refunded', 'failed')),
  currency       text        NOT NULL DEFAULT 'BDT' CHECK (currency = 'BDT'),
  items_minor    bigint      NOT NULL CHECK (items_minor >= 0),
  delivery_minor bigint      NOT NULL DEFAULT 0 CHECK (delivery_minor >= 0),
  total_minor    bigint      NOT NULL CHECK (total_minor = items_minor + delivery_minor),
  email          text        CHECK (length(email) <= 254),
  -- Address as it was; later changes of the account do not reach it.
  ship_to        jsonb       NOT NULL CHECK (jsonb_typeof(ship_to) = 'object'),
  locale         text        NOT NULL DEFAULT 'en' CHECK (locale IN ('en', 'bn')),
  version        bigint      NOT NULL DEFAULT 1,
  placed_at      timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now()
);
-- Lists go by the number, newest first; it is unique, which keyset pages need.
CREATE INDEX orders_user ON orders (user_id, number DESC);
CREATE INDEX orders_state ON orders (state, number DESC);

CREATE TABLE order_lines (
  order_id    uuid   NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  line        int    NOT NULL CHECK (line BETWEEN 1 AND 1000),
  -- The variant may be deleted later; the snapshot stays.
  variant_id  bigint REFERENCES variants (id) ON DELETE SET NULL,
  sku         text   NOT NULL,
  title_en    text   NOT NULL,
  title_bn    text   NOT NULL,
  options     jsonb  NOT NULL DEFAULT '{}',
  price_minor bigint NOT NULL CHECK (price_minor >= 0),
  quantity    int    NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
  total_minor bigint NOT NULL CHECK (total_minor = price_minor * quantity),
  PRIMARY KEY (order_id, line)
);
CREATE INDEX order_lines_variant ON order_lines (variant_id);

CREATE TABLE order_history (
  id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id   uuid        NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  from_state text,
  to_state   text        NOT NULL,
  actor_id   uuid        REFERENCES users (id) ON DELETE SET NULL,
  note       text        NOT NULL DEFAULT '' CHECK (length(note) <= 500),
  at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX order_history_order ON order_history (order_id, id);

-- A checkout's key and its answer commit with the order, so that a retry gets the same answer and never a second order.
CREATE TABLE idempotency_keys (
  -- Whose key it is: a user id or a cart id. Keys of two callers never meet.
  scope        text        NOT NULL CHECK (length(scope) BETWEEN 1 AND 80),
  key          text        NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  -- SHA-256 of the request: the same key with another body is an error.
  request_hash bytea       NOT NULL CHECK (length(request_hash) = 32),
  order_id     uuid        REFERENCES orders (id) ON DELETE CASCADE,
  status       int         CHECK (status BETWEEN 200 AND 599),
  response     jsonb,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- What must be told to others (mails, webhooks), written with the change itself and sent afterwards.
CREATE TABLE outbox (
  id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic           text        NOT NULL CHECK (length(topic) BETWEEN 1 AND 80),
  payload         jsonb       NOT NULL,
  attempts        int         NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  last_error      text        CHECK (length(last_error) <= 500),
  sent_at         timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_due ON outbox (next_attempt_at, id) WHERE sent_at IS NULL;
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
