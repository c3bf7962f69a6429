// Variants as staff change them. A sale does not raise the version, so stock can also be changed by a difference, which
// loses no sale that happens meanwhile.
import type { ProductVariant } from '../domain/catalogue.ts';
import { maxVariants, type StaffVariant, type Versioned } from '../domain/staff-catalogue.ts';
import { violatedConstraint } from './database-errors.ts';
import type { Database, SqlValue, Statement } from './database.ts';

/** A variant and the version that a change was made from. */
export interface VariantVersion {
  readonly sku: string;
  readonly version: number;
}

/** What can be changed besides the stock; what is not there stays. */
export interface VariantContent {
  readonly options?: Readonly<Record<string, string>> | undefined;
  readonly priceMinor?: number | undefined;
}

/** A count of the shelf, or pieces that came or went. */
export type StockChange = { readonly stock: number } | { readonly change: number };

/** Why a variant was not added. */
export type VariantRefusal = 'no-product' | 'sku-taken' | 'too-many';

/** Port. */
export interface VariantRepository {
  find(sku: string): Promise<StaffVariant | undefined>;
  add(slug: string, variant: ProductVariant): Promise<StaffVariant | VariantRefusal>;
  change(target: VariantVersion, content: VariantContent): Promise<Versioned<StaffVariant>>;
  /** `out-of-range`: below nothing, or beyond what a variant may hold. */
  setStock(
    target: VariantVersion,
    change: StockChange,
  ): Promise<Versioned<StaffVariant> | { kind: 'out-of-range' }>;
  /** `last`: a product keeps at least one variant. */
  remove(target: VariantVersion): Promise<Versioned<StaffVariant> | { kind: 'last' }>;
}

const columns = (alias: string): string =>
  `${alias}.sku, ${alias}.options, ${alias}.price_minor AS "priceMinor", ${alias}.stock, ${alias}.version`;

const findStatement: Statement = {
  name: 'staff-variant',
  text: `SELECT ${columns('v')} FROM variants v WHERE v.sku = $1`,
};

// Who adds or removes counts the variants of the product, in a statement after the lock: the snapshot of one that waits is too old.
const lockProduct: Statement = {
  name: 'staff-variant-add-lock',
  text: 'SELECT id FROM products WHERE slug = $1 FOR NO KEY UPDATE',
};

// Not the product: the trigger locks it after the variant, as a sale does, so nobody waits in a circle.
const lockVariants: Statement = {
  name: 'staff-variant-remove-lock',
  text: `SELECT o.id FROM variants v JOIN variants o ON o.product_id = v.product_id WHERE v.sku = $1
   ORDER BY o.id FOR NO KEY UPDATE OF o`,
};

const addStatement: Statement = {
  name: 'staff-variant-add',
  text: `WITH product AS (SELECT id FROM products WHERE slug = $1),
  others AS (SELECT count(*)::int AS n, COALESCE(max(position), -1) AS last FROM variants
              WHERE product_id = (SELECT id FROM product)),
  added AS (
    INSERT INTO variants AS v (product_id, sku, options, price_minor, stock, position)
    SELECT product.id, $2, $3::jsonb, $4, $5, others.last + 1 FROM product, others WHERE others.n < $6
    RETURNING ${columns('v')})
  SELECT added.* FROM product LEFT JOIN added ON true`,
};

/** A change of one variant whose version ($2) must be the one given; the locked row decides, not the snapshot's. */
function versioned(name: string, action: string): Statement {
  return {
    name,
    text: `WITH target AS (SELECT id, product_id, stock, version FROM variants WHERE sku = $1 FOR UPDATE),
  changed AS (${action} RETURNING ${columns('v')})
  SELECT changed.*, (SELECT count(*)::int FROM variants o WHERE o.product_id = t.product_id) AS siblings
    FROM target t LEFT JOIN changed ON true`,
  };
}

const changeStatement = versioned(
  'staff-variant-change',
  `UPDATE variants v SET options = COALESCE($3::jsonb, v.options), price_minor = COALESCE($4::bigint, v.price_minor),
          version = v.version + 1 FROM target t WHERE v.id = t.id AND t.version = $2::bigint`,
);

const stockStatement = versioned(
  'staff-variant-stock',
  `UPDATE variants v SET stock = COALESCE($3::int, t.stock + $4::int), version = v.version + 1
     FROM target t WHERE v.id = t.id AND t.version = $2::bigint`,
);

const removeStatement = versioned(
  'staff-variant-remove',
  `DELETE FROM variants v USING target t WHERE v.id = t.id AND t.version = $2::bigint
      AND EXISTS (SELECT FROM variants o WHERE o.product_id = v.product_id AND o.id <> v.id)`,
);

type ChangedRow = { [K in keyof StaffVariant]: StaffVariant[K] | null } & {
  readonly siblings: number;
};

function variantOf({ sku, options, priceMinor, stock, version }: StaffVariant): StaffVariant {
  return { sku, options, priceMinor, stock, version };
}

function outcome(row: ChangedRow | undefined): Versioned<StaffVariant> {
  if (row === undefined) return { kind: 'unknown' };
  return row.sku === null
    ? { kind: 'stale' }
    : { kind: 'done', row: variantOf(row as StaffVariant) };
}

/** Runs the statement after the lock; $1 of both is the first value. */
function runLocked(
  database: Database,
  [lock, statement]: readonly [Statement, Statement],
  values: readonly [string, ...SqlValue[]],
): Promise<ChangedRow | undefined> {
  return database.transaction(async (runner) => {
    await runner.run(lock, values.slice(0, 1));
    return (await runner.run<ChangedRow>(statement, values))[0];
  });
}

async function addVariant(
  database: Database,
  slug: string,
  { sku, options, priceMinor, stock }: ProductVariant,
): Promise<StaffVariant | VariantRefusal> {
  const text = JSON.stringify(options);
  const values = [slug, sku, text, priceMinor, stock, maxVariants] as const;
  try {
    const row = await runLocked(database, [lockProduct, addStatement], values);
    if (row === undefined) return 'no-product';
    return row.sku === null ? 'too-many' : variantOf(row as StaffVariant);
  } catch (error) {
    if (violatedConstraint(error) === 'variants_sku_key') return 'sku-taken';
    throw error;
  }
}

/** Adapter on PostgreSQL. */
export function variantRepository(database: Database): VariantRepository {
  const run = async (
    statement: Statement,
    values: readonly SqlValue[],
  ): Promise<ChangedRow | undefined> => (await database.run<ChangedRow>(statement, values))[0];
  return {
    async find(sku) {
      return (await database.read<StaffVariant>(findStatement, [sku]))[0];
    },
    add: (slug, variant) => addVariant(database, slug, variant),
    async change({ sku, version }, { options, priceMinor }) {
      const text = options === undefined ? null : JSON.stringify(options);
      return outcome(await run(changeStatement, [sku, version, text, priceMinor ?? null]));
    },
    async setStock({ sku, version }, change) {
      const [stock, difference] = 'stock' in change ? [change.stock, null] : [null, change.change];
      try {
        return outcome(await run(stockStatement, [sku, version, stock, difference]));
      } catch (error) {
        if (violatedConstraint(error) === 'variants_stock_check') return { kind: 'out-of-range' };
        throw error;
      }
    },
    async remove({ sku, version }) {
      const row = await runLocked(database, [lockVariants, removeStatement], [sku, version]);
      const found = outcome(row);
      return found.kind === 'stale' && row?.siblings === 1 ? { kind: 'last' } : found;
    },
  };
}
