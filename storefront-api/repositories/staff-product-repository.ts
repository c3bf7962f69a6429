// The catalogue as staff change it. What staff may lose to each other is guarded by a version: a change names the one it
// was made from.
import type {
  ProductContent,
  ProductStatus,
  StaffNewProduct,
  StaffProduct,
  StaffProductCard,
  Versioned,
} from '../domain/staff-catalogue.ts';
import { productWords } from '../domain/search-words.ts';
import { violatedConstraint } from './database-errors.ts';
import type { Database, SqlValue, Statement } from './database.ts';

/** How adding a product ends. */
export type AddedProduct = 'added' | 'slug-taken' | 'sku-taken' | 'no-category';

/** A change of a product, made from `version`. */
export interface ProductChange {
  readonly slug: string;
  readonly version: number;
  /** All that can be changed, as it shall be. */
  readonly content: ProductContent;
  readonly now: Date;
}

/** A page of the list, newest first. */
export interface StaffProductQuery {
  readonly status: ProductStatus | undefined;
  /** Id of the last product of the page before. */
  readonly before: number | undefined;
  readonly limit: number;
}

/** The page. */
export interface StaffProductPage {
  readonly items: readonly StaffProductCard[];
  /** Id of the page's last product, when there are more. */
  readonly next: number | undefined;
}

/** Port. */
export interface StaffProductRepository {
  list(query: StaffProductQuery): Promise<StaffProductPage>;
  find(slug: string): Promise<StaffProduct | undefined>;
  add(product: StaffNewProduct, now: Date): Promise<AddedProduct>;
  /** `no-category`: the category of the change does not exist. */
  change(change: ProductChange): Promise<Versioned<{ version: number }> | { kind: 'no-category' }>;
}

const titleJson = "jsonb_build_object('en', p.title_en, 'bn', p.title_bn)";

const findStatement: Statement = {
  name: 'staff-product',
  text: `SELECT p.slug, c.path AS "categoryPath", ${titleJson} AS title,
       jsonb_build_object('en', p.description_en, 'bn', p.description_bn) AS description,
       jsonb_build_object('url', p.image_url, 'width', p.image_width, 'height', p.image_height,
         'alt', jsonb_build_object('en', p.image_alt_en, 'bn', p.image_alt_bn)) AS image,
       p.status, p.version,
       (SELECT COALESCE(jsonb_agg(jsonb_build_object('sku', v.sku, 'options', v.options, 'priceMinor', v.price_minor,
               'stock', v.stock, 'version', v.version) ORDER BY v.position, v.id), '[]')
          FROM variants v WHERE v.product_id = p.id) AS variants
  FROM products p JOIN categories c ON c.id = p.category_id WHERE p.slug = $1`,
};

interface CardRow {
  readonly id: number;
  readonly card: StaffProductCard;
}

function listStatement({ status, before }: StaffProductQuery): Statement {
  const conditions = [
    ...(status === undefined ? [] : ['p.status = $2']),
    ...(before === undefined ? [] : [`p.id < $${status === undefined ? 2 : 3}::bigint`]),
  ];
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  return {
    name: `staff-products-${status === undefined ? '' : 's'}${before === undefined ? '' : 'b'}`,
    text: `SELECT p.id, jsonb_build_object('slug', p.slug, 'categoryPath', c.path, 'title', ${titleJson},
       'status', p.status, 'priceFromMinor', p.price_from_minor, 'inStock', p.in_stock, 'version', p.version) AS card
  FROM products p JOIN categories c ON c.id = p.category_id ${where} ORDER BY p.id DESC LIMIT $1`,
  };
}

const addStatement: Statement = {
  name: 'staff-product-add',
  text: `WITH category AS (SELECT id FROM categories WHERE path = $2),
  product AS (
    INSERT INTO products (slug, category_id, title_en, title_bn, description_en, description_bn, image_url, image_width,
                          image_height, image_alt_en, image_alt_bn, status, search, created_at, updated_at)
    SELECT $1, id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, array_to_tsvector($13::text[]), $14::timestamptz,
           $14::timestamptz FROM category
    ON CONFLICT (slug) DO NOTHING RETURNING id),
  added AS (
    INSERT INTO variants (product_id, sku, options, price_minor, stock, position)
    SELECT product.id, v.sku, v.options, v."priceMinor", v.stock, v.position
      FROM product, jsonb_to_recordset($15::jsonb)
           AS v(sku text, options jsonb, "priceMinor" bigint, stock int, position int))
  SELECT EXISTS (SELECT FROM category) AS has_category, EXISTS (SELECT FROM product) AS is_added`,
};

const changeStatement: Statement = {
  name: 'staff-product-change',
  text: `WITH category AS (SELECT id FROM categories WHERE path = $2),
  target AS (SELECT id FROM products WHERE slug = $1),
  changed AS (
    UPDATE products p SET category_id = category.id, title_en = $3, title_bn = $4, description_en = $5,
           description_bn = $6, image_url = $7, image_width = $8, image_height = $9, image_alt_en = $10,
           image_alt_bn = $11, status = $12, search = array_to_tsvector($13::text[]), updated_at = $14::timestamptz,
           version = p.version + 1
      FROM category, target WHERE p.id = target.id AND p.version = $15::bigint RETURNING p.version)
  SELECT EXISTS (SELECT FROM category) AS has_category, (SELECT version FROM changed) AS version FROM target`,
};

/** $1 to $14 of both statements. */
function contentValues(slug: string, content: ProductContent, now: Date): readonly SqlValue[] {
  const { categoryPath, title, description, image, status } = content;
  return [
    slug,
    categoryPath,
    title.en,
    title.bn,
    description.en,
    description.bn,
    image.url,
    image.width,
    image.height,
    image.alt.en,
    image.alt.bn,
    status,
    productWords(content),
    now,
  ];
}

async function addProduct(
  database: Database,
  product: StaffNewProduct,
  now: Date,
): Promise<AddedProduct> {
  const variants = product.variants.map((variant, position) => ({ ...variant, position }));
  const values = [...contentValues(product.slug, product, now), JSON.stringify(variants)];
  try {
    const [row] = await database.run<{ has_category: boolean; is_added: boolean }>(
      addStatement,
      values,
    );
    if (row?.has_category !== true) return 'no-category';
    return row.is_added ? 'added' : 'slug-taken';
  } catch (error) {
    if (violatedConstraint(error) === 'variants_sku_key') return 'sku-taken';
    throw error;
  }
}

/** Adapter on PostgreSQL. */
export function staffProductRepository(database: Database): StaffProductRepository {
  return {
    async list(query) {
      const { status, before, limit } = query;
      const values = [limit + 1, status, before].filter((value) => value !== undefined);
      const rows = await database.read<CardRow>(listStatement(query), values);
      const page = rows.slice(0, limit);
      const next = rows.length > limit ? page.at(-1)?.id : undefined;
      return { items: page.map(({ card }) => card), next };
    },
    async find(slug) {
      return (await database.read<StaffProduct>(findStatement, [slug]))[0];
    },
    add: (product, now) => addProduct(database, product, now),
    async change({ slug, version, content, now }) {
      const values = [...contentValues(slug, content, now), version];
      const [row] = await database.run<{ has_category: boolean; version: number | null }>(
        changeStatement,
        values,
      );
      if (row === undefined) return { kind: 'unknown' };
      if (!row.has_category) return { kind: 'no-category' };
      if (row.version === null) return { kind: 'stale' };
      return { kind: 'done', row: { version: row.version } };
    },
  };
}
