// Reading the catalogue: one statement for each page. The text of a list statement holds only the conditions that were
// asked for, so that the planner can choose the index of the order; the combination is its name.
import { hash } from 'node:crypto';
import {
  type Category,
  type Facets,
  maxListed,
  priceBandsMinor,
  type ProductCard,
  type ProductDetail,
  type ProductPage,
  type ProductQuery,
  type ProductSort,
  type ProductVariant,
  type Suggestion,
} from '../domain/catalogue.ts';
import type { Locale } from '../domain/locale.ts';
import { type Database, exactNumber, type SqlValue, type Statement } from './database.ts';
import { foreignText, packedRow, packedRows, unpackedRows } from './packed-rows.ts';

/** Port: how routes read the catalogue. Only active products are seen. */
export interface ProductRepository {
  list(query: ProductQuery): Promise<ProductPage>;
  find(slug: string, locale: Locale): Promise<ProductDetail | undefined>;
  /** All, each right before what is below it; siblings by their position. */
  categories(locale: Locale): Promise<readonly Category[]>;
  /** At most `limit` products that match a `tsquery`. */
  suggest(search: string, locale: Locale, limit: number): Promise<readonly Suggestion[]>;
}

interface CardRow {
  readonly slug: string;
  readonly title: string;
  readonly category_path: string;
  readonly image_url: string;
  readonly image_width: number;
  readonly image_height: number;
  readonly image_alt: string;
  readonly price_from_minor: number;
  readonly in_stock: boolean;
}

interface ListRow {
  readonly packed: string | null;
  readonly facets?: Facets;
}

interface DetailRow extends CardRow {
  readonly description: string;
  readonly variants: readonly ProductVariant[];
}

interface Order {
  /** Expression whose decimal digits are the cursor's key. */
  readonly key: string;
  readonly orderBy: string;
  /** The rows after a position. */
  readonly after: (key: string, id: string) => string;
}

const orders: Readonly<Record<ProductSort, Order>> = {
  newest: {
    // Microseconds, as PostgreSQL stores them: milliseconds would lose rows of the same one.
    key: '(extract(epoch FROM p.created_at) * 1000000)::bigint::text',
    orderBy: 'p.created_at DESC, p.id DESC',
    after: (key, id) =>
      `(p.created_at, p.id) < (timestamptz 'epoch' + ${key}::bigint * interval '1 microsecond', ${id}::bigint)`,
  },
  'price-asc': {
    key: 'p.price_from_minor::text',
    orderBy: 'p.price_from_minor, p.id',
    after: (key, id) => `(p.price_from_minor, p.id) > (${key}::bigint, ${id}::bigint)`,
  },
  'price-desc': {
    key: 'p.price_from_minor::text',
    orderBy: 'p.price_from_minor DESC, p.id DESC',
    after: (key, id) => `(p.price_from_minor, p.id) < (${key}::bigint, ${id}::bigint)`,
  },
};

// A locale is one of two constants, so it may stand in the text.
const cardColumns = (
  locale: Locale,
): string => `p.slug, p.title_${locale} AS title, c.path AS category_path,
  p.image_url, p.image_width, p.image_height, p.image_alt_${locale} AS image_alt, p.price_from_minor, p.in_stock`;

/** Values of a listed card; `listedCard` reads them. */
const listedValues = (locale: Locale, key: string): readonly string[] => [
  'p.id',
  key,
  'p.slug',
  foreignText(`p.title_${locale}`),
  'c.path',
  foreignText('p.image_url'),
  'p.image_width',
  'p.image_height',
  foreignText(`p.image_alt_${locale}`),
  'p.price_from_minor',
  'p.in_stock',
];

/** Collects values and their placeholders. */
class Values {
  readonly list: SqlValue[] = [];

  add(value: SqlValue): string {
    this.list.push(value);
    return `$${this.list.length}`;
  }
}

function conditions(query: ProductQuery, values: Values): readonly string[] {
  const { category, priceMinMinor, priceMaxMinor, inStock } = query;
  const found = ["p.status = 'active'"];
  if (category !== undefined) {
    const path = values.add(category);
    found.push(
      `p.category_id IN (SELECT id FROM categories WHERE path = ${path} OR starts_with(path, ${path} || '/'))`,
    );
  }
  if (priceMinMinor !== undefined) found.push(`p.price_from_minor >= ${values.add(priceMinMinor)}`);
  if (priceMaxMinor !== undefined) found.push(`p.price_from_minor <= ${values.add(priceMaxMinor)}`);
  if (inStock !== undefined) found.push(inStock ? 'p.in_stock' : 'NOT p.in_stock');
  return found;
}

/**
 * Where products come from. Words are looked up first, whatever the planner thinks (OFFSET 0 fences the subquery): it
 * cannot tell a rare prefix from a common one, and walks the whole order of the list in search of a rare one.
 */
function source(query: ProductQuery, values: Values): string {
  if (query.search === undefined) return 'products';
  return `(SELECT * FROM products WHERE search @@ ${values.add(query.search)}::tsquery OFFSET 0)`;
}

function facetsExpression(from: string, where: string): string {
  const bounds = priceBandsMinor.join(',');
  return `(WITH matching AS MATERIALIZED (
      SELECT c.path, p.in_stock, width_bucket(p.price_from_minor, ARRAY[${bounds}]::bigint[]) AS band
        FROM ${from} p JOIN categories c ON c.id = p.category_id WHERE ${where})
    SELECT jsonb_build_object(
      'categories', COALESCE((SELECT jsonb_agg(jsonb_build_object('path', path, 'count', n) ORDER BY path)
         FROM (SELECT path, count(*) AS n FROM matching GROUP BY path) g), '[]'),
      'priceBands', COALESCE((SELECT jsonb_agg(jsonb_build_object('fromMinor', (ARRAY[${bounds}])[band], 'count', n) ORDER BY band)
         FROM (SELECT band, count(*) AS n FROM matching GROUP BY band) g), '[]'),
      'inStock', (SELECT count(*) FROM matching WHERE in_stock),
      'total', (SELECT count(*) FROM matching)))`;
}

/**
 * The most rows that any list needs, in the text. With a LIMIT that is a parameter the planner takes a tenth of the table for
 * wanted, finds every plan that it could keep too dear and plans each request anew, which takes longer than to run it
 * (https://www.postgresql.org/docs/current/sql-prepare.html). Where the values decide which index is the right one, that is
 * as it should be.
 */
function firstBound({
  category,
  search,
  priceMinMinor,
  priceMaxMinor,
  sort,
}: ProductQuery): string {
  const hasRange = priceMinMinor !== undefined || priceMaxMinor !== undefined;
  const dependsOnValues =
    category !== undefined || search !== undefined || (hasRange && sort === 'newest');
  return dependsOnValues ? '' : ` LIMIT ${maxListed + 1}`;
}

/** The statement of a list and its values. Pure; exported for the test of its plan. */
export function listStatement(query: ProductQuery): {
  readonly statement: Statement;
  readonly values: readonly SqlValue[];
} {
  const { key, orderBy, after } = orders[query.sort];
  const values = new Values();
  const from = source(query, values);
  const where = conditions(query, values);
  const position = query.after && after(values.add(query.after.key), values.add(query.after.id));
  const facets = query.withFacets
    ? `, ${facetsExpression(from, where.join(' AND '))} AS facets`
    : '';
  const text = `SELECT ${packedRows('listed.card')} AS packed${facets} FROM (
  SELECT * FROM (
    SELECT ${packedRow(listedValues(query.locale, key))} AS card
      FROM ${from} p JOIN categories c ON c.id = p.category_id
     WHERE ${[...where, ...(position === undefined ? [] : [position])].join(' AND ')}
     ORDER BY ${orderBy}${firstBound(query)}) most LIMIT ${values.add(query.limit + 1)}) listed`;
  return { statement: namedStatement(text), values: values.list };
}

/** Statements by text. There is one for each combination of conditions, so their number is bounded. */
const named = new Map<string, Statement>();

function namedStatement(text: string): Statement {
  const known = named.get(text);
  if (known !== undefined) return known;
  // PostgreSQL cuts names at 63 bytes.
  const statement = { name: `products-${hash('sha256', text, 'base64url').slice(0, 24)}`, text };
  named.set(text, statement);
  return statement;
}

function card(row: CardRow): ProductCard {
  return {
    slug: row.slug,
    title: row.title,
    categoryPath: row.category_path,
    image: {
      url: row.image_url,
      width: row.image_width,
      height: row.image_height,
      alt: row.image_alt,
    },
    priceFromMinor: row.price_from_minor,
    inStock: row.in_stock,
  };
}

/** The card of `listedValues`. */
function listedCard(values: readonly string[]): ProductCard {
  const [, , slug = '', title = '', categoryPath = '', ...others] = values;
  const [url = '', width, height, alt = '', priceFromMinor = '', inStock] = others;
  return {
    slug,
    title,
    categoryPath,
    image: { url, width: Number(width), height: Number(height), alt },
    priceFromMinor: exactNumber(priceFromMinor),
    inStock: inStock === 't',
  };
}

function findStatement(locale: Locale): Statement {
  return {
    name: `product-${locale}`,
    text: `SELECT ${cardColumns(locale)}, p.description_${locale} AS description,
       (SELECT COALESCE(jsonb_agg(jsonb_build_object('sku', v.sku, 'options', v.options, 'priceMinor', v.price_minor,
               'stock', v.stock) ORDER BY v.position, v.id), '[]') FROM variants v WHERE v.product_id = p.id) AS variants
  FROM products p JOIN categories c ON c.id = p.category_id
 WHERE p.slug = $1 AND p.status = 'active'`,
  };
}

function categoriesStatement(locale: Locale): Statement {
  return {
    name: `categories-${locale}`,
    text: `WITH RECURSIVE tree AS (
    SELECT id, path, position, name_${locale} AS name FROM categories WHERE parent_id IS NULL
    UNION ALL
    SELECT c.id, c.path, c.position, c.name_${locale} FROM tree t JOIN categories c ON c.parent_id = t.id)
  SEARCH DEPTH FIRST BY position, path SET place
  SELECT path, name FROM tree ORDER BY place`,
  };
}

/** Adapter on PostgreSQL. */
export function productRepository(database: Database): ProductRepository {
  return {
    async list(query) {
      const { statement, values } = listStatement(query);
      const [row] = await database.read<ListRow>(statement, values);
      const rows = unpackedRows(row?.packed ?? null);
      const page = rows.slice(0, query.limit);
      const [id, key = ''] = (rows.length > query.limit ? page.at(-1) : undefined) ?? [];
      return {
        items: page.map(listedCard),
        next: id === undefined ? undefined : { key, id: exactNumber(id) },
        facets: row?.facets,
      };
    },
    async find(slug, locale) {
      const [row] = await database.read<DetailRow>(findStatement(locale), [slug]);
      return row && { ...card(row), description: row.description, variants: row.variants };
    },
    async categories(locale) {
      return database.read<Category>(categoriesStatement(locale));
    },
    async suggest(search, locale, limit) {
      return database.read<Suggestion>(
        {
          name: `suggest-${locale}`,
          text: `SELECT slug, title_${locale} AS title FROM products
                  WHERE status = 'active' AND search @@ $1::tsquery ORDER BY in_stock DESC, id LIMIT $2`,
        },
        [search, limit],
      );
    },
  };
}

/** Tells whether the catalogue can be read. */
export const readinessLook: Statement = { name: 'ready', text: 'SELECT id FROM products LIMIT 1' };
