-- The catalogue: what the shop sells, in English and Bangla. Money is poisha (1/100 BDT) in bigint.
-- Rows are found by slug from outside and by id from inside; ids never leave the API.

CREATE TABLE categories (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Place in the tree: slugs from the root, joined by '/'.
  path      text   NOT NULL UNIQUE COLLATE "C"
            CHECK (path ~ '^[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*){0,3}$' AND length(path) <= 200),
  parent_id bigint REFERENCES categories (id) ON DELETE RESTRICT,
  name_en   text   NOT NULL CHECK (length(name_en) BETWEEN 1 AND 100),
  name_bn   text   NOT NULL CHECK (length(name_bn) BETWEEN 1 AND 100),
  position  int    NOT NULL DEFAULT 0,
  CHECK ((parent_id IS NULL) = (position('/' IN path) = 0))
);
CREATE INDEX categories_parent ON categories (parent_id);

CREATE TABLE products (
  id               bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  slug             text        NOT NULL UNIQUE COLLATE "C"
                   CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 100),
  category_id      bigint      NOT NULL REFERENCES categories (id) ON DELETE RESTRICT,
  title_en         text        NOT NULL CHECK (length(title_en) BETWEEN 1 AND 200),
  title_bn         text        NOT NULL CHECK (length(title_bn) BETWEEN 1 AND 200),
  description_en   text        NOT NULL DEFAULT '' CHECK (length(description_en) <= 5000),
  description_bn   text        NOT NULL DEFAULT '' CHECK (length(description_bn) <= 5000),
  image_url        text        NOT NULL CHECK (length(image_url) BETWEEN 1 AND 500),
  image_width      int         NOT NULL CHECK (image_width BETWEEN 1 AND 10000),
  image_height     int         NOT NULL CHECK (image_height BETWEEN 1 AND 10000),
  image_alt_en     text        NOT NULL DEFAULT '' CHECK (length(image_alt_en) <= 300),
  image_alt_bn     text        NOT NULL DEFAULT '' CHECK (length(image_alt_bn) <= 300),
  status           text        NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'active', 'archived')),
  -- Kept by the trigger below, so that lists sort and filter by an index.
  price_from_minor bigint      NOT NULL DEFAULT 0,
  in_stock         boolean     NOT NULL DEFAULT false,
  -- Words in the normal form of domain/search-words.ts; written by the API.
  search           tsvector    NOT NULL DEFAULT '',
  version          bigint      NOT NULL DEFAULT 1,
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now()
);
-- One index per order of the list; the id makes each order total, which keyset pages need.
CREATE INDEX products_newest     ON products (created_at DESC, id DESC) WHERE status = 'active';
CREATE INDEX products_price      ON products (price_from_minor, id) WHERE status = 'active';
CREATE INDEX products_category   ON products (category_id, created_at DESC, id DESC) WHERE status = 'active';
-- Written far less often than read: no list of pending entries that every search would have to walk.
CREATE INDEX products_search     ON products USING gin (search) WITH (fastupdate = off);

CREATE TABLE variants (
  id          bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  product_id  bigint  NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  sku         text    NOT NULL UNIQUE COLLATE "C" CHECK (sku ~ '^[A-Z0-9]+(-[A-Z0-9]+)*$' AND length(sku) <= 64),
  options     jsonb   NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(options) = 'object'),
  price_minor bigint  NOT NULL CHECK (price_minor BETWEEN 0 AND 1000000000),
  stock       int     NOT NULL DEFAULT 0 CHECK (stock BETWEEN 0 AND 1000000),
  position    int     NOT NULL DEFAULT 0,
  -- Raised by every change that staff make; If-Match compares it.
  version     bigint  NOT NULL DEFAULT 1
);
CREATE INDEX variants_product ON variants (product_id, position, id);

-- A product's lowest price and whether any variant is left. The row lock makes two changes of one product take turns:
-- the second then reads what the first has committed.
CREATE FUNCTION refresh_product(changed bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM products WHERE id = changed FOR NO KEY UPDATE;
  UPDATE products p
     SET price_from_minor = s.price_from, in_stock = s.any_left
    FROM (SELECT COALESCE(min(price_minor), 0) AS price_from, COALESCE(bool_or(stock > 0), false) AS any_left
            FROM variants WHERE product_id = changed) s
   WHERE p.id = changed
     AND (p.price_from_minor, p.in_stock) IS DISTINCT FROM (s.price_from, s.any_left);
END $$;

CREATE FUNCTION variants_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN PERFORM refresh_product(OLD.product_id); END IF;
  IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.product_id <> OLD.product_id) THEN
    PERFORM refresh_product(NEW.product_id);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER variants_added AFTER INSERT OR DELETE ON variants
  FOR EACH ROW EXECUTE FUNCTION variants_changed();
-- An ordinary sale changes neither, so it takes no lock on the product.
CREATE TRIGGER variants_updated AFTER UPDATE ON variants FOR EACH ROW
  WHEN (OLD.price_minor <> NEW.price_minor OR (OLD.stock > 0) <> (NEW.stock > 0) OR OLD.product_id <> NEW.product_id)
  EXECUTE FUNCTION variants_changed();
