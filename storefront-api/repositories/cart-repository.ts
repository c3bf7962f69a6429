// Carts: every change is one statement that locks the cart's row first and raises its version, so changes of one cart
// take turns and a checkout that waited for one knows it.
import {
  type CartOwner,
  maxCartLines,
  maxLineQuantity,
  type StoredCartLine,
} from '../domain/cart.ts';
import type { Locale } from '../domain/locale.ts';
import { violatedConstraint } from './database-errors.ts';
import type { Database, SqlValue, Statement } from './database.ts';

/** How a change of a line ends. */
export type CartChange =
  | { readonly kind: 'done' }
  /** No such SKU on sale, or none such in the cart. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'not-enough'; readonly available: number }
  /** More pieces of one line than a cart may hold. */
  | { readonly kind: 'too-many' }
  /** More lines than a cart may hold. */
  | { readonly kind: 'full' };

/** A line of somebody's cart. */
export interface LineChange {
  readonly owner: CartOwner;
  readonly sku: string;
  readonly quantity: number;
  readonly now: Date;
}

/** A guest's cart that becomes part of an account's. */
export interface CartMerge {
  readonly cartId: string;
  readonly userId: string;
  readonly now: Date;
}

/** Port. */
export interface CartRepository {
  /** Lines in the order they were added; none when there is no cart. */
  lines(owner: CartOwner, locale: Locale): Promise<readonly StoredCartLine[]>;
  /** Adds pieces of a variant; makes the cart when there is none. */
  add(change: LineChange): Promise<CartChange>;
  /** Sets the quantity of a line that is there. */
  set(change: LineChange): Promise<CartChange>;
  /** Takes a line out; it does not matter whether it was there. */
  remove(change: Omit<LineChange, 'quantity'>): Promise<void>;
  /** Moves a guest's lines into the account's cart and ends the guest's: quantities add up, bounds hold. */
  mergeGuestCart(merge: CartMerge): Promise<void>;
}

/** The condition on `carts c` that a cart is this owner's ($1), and the owner's id. */
export function ownedCart(owner: CartOwner): { readonly where: string; readonly id: string } {
  return owner.kind === 'account'
    ? { where: 'c.user_id = $1::uuid', id: owner.userId }
    : { where: 'c.id = $1::uuid AND c.user_id IS NULL', id: owner.cartId };
}

function linesStatement(owner: CartOwner, locale: Locale): Statement {
  return {
    name: `cart-${owner.kind}-${locale}`,
    text: `SELECT v.sku, p.slug, p.title_${locale} AS title, v.options, p.image_url, p.image_width, p.image_height,
       p.image_alt_${locale} AS image_alt, l.quantity, l.seen_price_minor, v.price_minor,
       CASE WHEN p.status = 'active' THEN v.stock ELSE 0 END AS stock
  FROM carts c JOIN cart_lines l ON l.cart_id = c.id JOIN variants v ON v.id = l.variant_id
  JOIN products p ON p.id = v.product_id
 WHERE ${ownedCart(owner).where} ORDER BY l.added_at, l.variant_id`,
  };
}

interface LineRow {
  readonly sku: string;
  readonly slug: string;
  readonly title: string;
  readonly options: Readonly<Record<string, string>>;
  readonly image_url: string;
  readonly image_width: number;
  readonly image_height: number;
  readonly image_alt: string;
  readonly quantity: number;
  readonly seen_price_minor: number;
  readonly price_minor: number;
  readonly stock: number;
}

function storedLine(row: LineRow): StoredCartLine {
  return {
    sku: row.sku,
    slug: row.slug,
    title: row.title,
    options: row.options,
    image: {
      url: row.image_url,
      width: row.image_width,
      height: row.image_height,
      alt: row.image_alt,
    },
    quantity: row.quantity,
    seenPriceMinor: row.seen_price_minor,
    priceMinor: row.price_minor,
    stock: row.stock,
  };
}

const newCart = {
  account: `INSERT INTO carts AS c (user_id) SELECT $1::uuid FROM wanted
            ON CONFLICT (user_id) DO UPDATE SET version = c.version + 1, updated_at = $4`,
  guest: `INSERT INTO carts AS c (id) SELECT $1::uuid FROM wanted
          ON CONFLICT (id) DO UPDATE SET version = c.version + 1, updated_at = $4 WHERE c.user_id IS NULL`,
} as const;

function addStatement(kind: CartOwner['kind']): Statement {
  return {
    name: `cart-add-${kind}`,
    text: `WITH wanted AS (
    SELECT v.id, v.price_minor, v.stock FROM variants v JOIN products p ON p.id = v.product_id
     WHERE v.sku = $2 AND p.status = 'active'),
  cart AS (${newCart[kind]} RETURNING c.id),
  line AS (
    INSERT INTO cart_lines AS l (cart_id, variant_id, quantity, seen_price_minor, added_at)
    SELECT cart.id, w.id, $3::int, w.price_minor, $4::timestamptz FROM cart, wanted w WHERE w.stock >= $3
    ON CONFLICT (cart_id, variant_id) DO UPDATE
      SET quantity = l.quantity + EXCLUDED.quantity, seen_price_minor = EXCLUDED.seen_price_minor
      WHERE l.quantity + EXCLUDED.quantity <= LEAST($5, (SELECT stock FROM wanted))
    RETURNING l.quantity)
  SELECT w.stock, EXISTS (SELECT FROM line) AS is_done,
         (SELECT l.quantity FROM cart_lines l, cart WHERE l.cart_id = cart.id AND l.variant_id = w.id) AS had
    FROM wanted w`,
  };
}

function setStatement(owner: CartOwner): Statement {
  return {
    name: `cart-set-${owner.kind}`,
    text: `WITH cart AS (
    UPDATE carts c SET version = version + 1, updated_at = $4 WHERE ${ownedCart(owner).where} RETURNING c.id),
  wanted AS (
    SELECT cart.id AS cart_id, v.id, v.price_minor, CASE WHEN p.status = 'active' THEN v.stock ELSE 0 END AS stock
      FROM cart JOIN cart_lines l ON l.cart_id = cart.id JOIN variants v ON v.id = l.variant_id
      JOIN products p ON p.id = v.product_id WHERE v.sku = $2),
  line AS (
    UPDATE cart_lines l SET quantity = $3, seen_price_minor = w.price_minor FROM wanted w
     WHERE l.cart_id = w.cart_id AND l.variant_id = w.id AND w.stock >= $3 RETURNING l.quantity)
  SELECT w.stock, EXISTS (SELECT FROM line) AS is_done, NULL::int AS had FROM wanted w`,
  };
}

function removeStatement(owner: CartOwner): Statement {
  return {
    name: `cart-remove-${owner.kind}`,
    text: `WITH cart AS (
    UPDATE carts c SET version = version + 1, updated_at = $3 WHERE ${ownedCart(owner).where} RETURNING c.id)
  DELETE FROM cart_lines l USING cart, variants v
   WHERE l.cart_id = cart.id AND v.id = l.variant_id AND v.sku = $2`,
  };
}

const lockGuestCart: Statement = {
  name: 'cart-merge-lock-guest',
  text: 'SELECT id FROM carts WHERE id = $1 AND user_id IS NULL FOR UPDATE',
};

const lockAccountCart: Statement = {
  name: 'cart-merge-lock',
  text: `INSERT INTO carts AS c (user_id) VALUES ($1)
         ON CONFLICT (user_id) DO UPDATE SET version = c.version + 1, updated_at = $2 RETURNING c.id`,
};

// A statement of its own, after both locks: the snapshot of one that waits is too old. It would count the room that was left before,
// and bring lines that the guest has bought meanwhile.
const mergeLines: Statement = {
  name: 'cart-merge-lines',
  text: `WITH guest AS (DELETE FROM carts WHERE id = $1 AND user_id IS NULL RETURNING id),
  incoming AS (
    SELECT l.*, mine.variant_id IS NOT NULL AS is_known
      FROM guest JOIN cart_lines l ON l.cart_id = guest.id
      LEFT JOIN cart_lines mine ON mine.cart_id = $2 AND mine.variant_id = l.variant_id),
  ranked AS (SELECT *, row_number() OVER (PARTITION BY is_known ORDER BY added_at, variant_id) AS place FROM incoming)
  INSERT INTO cart_lines AS l (cart_id, variant_id, quantity, seen_price_minor, added_at)
  SELECT $2::uuid, variant_id, quantity, seen_price_minor, added_at FROM ranked
   WHERE is_known OR place <= $3 - (SELECT count(*) FROM cart_lines WHERE cart_id = $2)
  ON CONFLICT (cart_id, variant_id) DO UPDATE SET quantity = LEAST($4, l.quantity + EXCLUDED.quantity)`,
};

interface ChangeRow {
  readonly stock: number;
  readonly is_done: boolean;
  /** Pieces that were in the cart before. */
  readonly had: number | null;
}

function outcome(row: ChangeRow | undefined, quantity: number): CartChange {
  if (row === undefined) return { kind: 'unknown' };
  if (row.is_done) return { kind: 'done' };
  if ((row.had ?? 0) + quantity > maxLineQuantity) return { kind: 'too-many' };
  return { kind: 'not-enough', available: Math.min(row.stock, maxLineQuantity) };
}

/** Adapter on PostgreSQL. */
export function cartRepository(database: Database): CartRepository {
  const change = async (statement: Statement, values: readonly SqlValue[]): Promise<CartChange> => {
    const rows = await database.run<ChangeRow>(statement, values);
    return outcome(rows[0], Number(values[2]));
  };
  return {
    async lines(owner, locale) {
      const rows = await database.read<LineRow>(linesStatement(owner, locale), [
        ownedCart(owner).id,
      ]);
      return rows.map(storedLine);
    },
    async add({ owner, sku, quantity, now }) {
      const values = [ownedCart(owner).id, sku, quantity, now, maxLineQuantity];
      try {
        return await change(addStatement(owner.kind), values);
      } catch (error) {
        if (violatedConstraint(error) === 'cart_lines_bound') return { kind: 'full' };
        throw error;
      }
    },
    set: ({ owner, sku, quantity, now }) =>
      change(setStatement(owner), [ownedCart(owner).id, sku, quantity, now]),
    async remove({ owner, sku, now }) {
      await database.run(removeStatement(owner), [ownedCart(owner).id, sku, now]);
    },
    async mergeGuestCart({ cartId, userId, now }) {
      await database.transaction(async (runner) => {
        const [guest] = await runner.run(lockGuestCart, [cartId]);
        if (guest === undefined) return;
        const [cart] = await runner.run<{ readonly id: string }>(lockAccountCart, [userId, now]);
        await runner.run(mergeLines, [cartId, cart?.id ?? '', maxCartLines, maxLineQuantity]);
      });
    },
  };
}
