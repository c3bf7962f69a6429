// Products of a file, all of them or none: a file that was taken half could not be sent again.
import type { NewProduct } from '../domain/catalogue.ts';
import { violatedConstraint } from './database-errors.ts';
import type { Database, Statement } from './database.ts';
import { productWords } from '../domain/search-words.ts';

/** What of a file stands against the shop as it is. */
export interface ImportConflicts {
  /** Slugs and SKUs that are taken, and categories that do not exist. */
  readonly slugs: readonly string[];
  readonly skus: readonly string[];
  readonly categories: readonly string[];
}

/** Port. */
export interface ProductImportRepository {
  conflicts(products: readonly NewProduct[]): Promise<ImportConflicts>;
  /** Adds drafts; `conflict`: somebody has taken a name or removed a category meanwhile, and nothing was added. */
  add(products: readonly NewProduct[], now: Date): Promise<'added' | 'conflict'>;
}

/** What a file violates that was fit for the shop of a moment ago. */
const overtakenBy = ['products_slug_key', 'variants_sku_key', 'products_category_id_fkey'];

/** Products of one statement: a file of the largest size then stays far below the time limit of a statement. */
const batchSize = 250;

const conflictStatement: Statement = {
  name: 'import-conflicts',
  text: `SELECT ARRAY(SELECT slug::text FROM products WHERE slug = ANY ($1::text[])) AS slugs,
    ARRAY(SELECT sku::text FROM variants WHERE sku = ANY ($2::text[])) AS skus,
    ARRAY(SELECT asked FROM unnest($3::text[]) asked WHERE NOT EXISTS (SELECT FROM categories WHERE path = asked)) AS categories`,
};

// A category that is not there becomes 0, which the foreign key refuses: a row that was left out would be missed by nobody.
const addStatement: Statement = {
  name: 'import-products',
  text: `WITH given AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS g(place int, slug text, "categoryPath" text, title jsonb, description jsonb,
                                                     image jsonb, words jsonb, variants jsonb)),
  added AS (
    INSERT INTO products (slug, category_id, title_en, title_bn, description_en, description_bn, image_url, image_width,
                          image_height, image_alt_en, image_alt_bn, status, search, created_at, updated_at)
    SELECT g.slug, COALESCE(c.id, 0), title->>'en', title->>'bn', description->>'en', description->>'bn', image->>'url',
           (image->>'width')::int, (image->>'height')::int, title->>'en', title->>'bn', 'draft',
           array_to_tsvector(ARRAY(SELECT jsonb_array_elements_text(words))), $2::timestamptz, $2::timestamptz
      FROM given g LEFT JOIN categories c ON c.path = g."categoryPath" ORDER BY g.place
    RETURNING id, slug)
  INSERT INTO variants (product_id, sku, options, price_minor, stock, position)
  SELECT added.id, v.sku, v.options, v."priceMinor", v.stock, v.position
    FROM given g JOIN added ON added.slug = g.slug, jsonb_to_recordset(g.variants)
         AS v(sku text, options jsonb, "priceMinor" bigint, stock int, position int)`,
};

/** The products as the statement takes them, batch by batch. Pure. */
function batches(products: readonly NewProduct[]): readonly string[] {
  const given = products.map((product, place) => ({
    ...product,
    place,
    words: productWords(product),
    variants: product.variants.map((variant, position) => ({ ...variant, position })),
  }));
  return Array.from({ length: Math.ceil(given.length / batchSize) }, (_, at) =>
    JSON.stringify(given.slice(at * batchSize, (at + 1) * batchSize)),
  );
}

/** Adapter on PostgreSQL. */
export function productImportRepository(database: Database): ProductImportRepository {
  return {
    async conflicts(products) {
      const skus = products.flatMap(({ variants }) => variants.map(({ sku }) => sku));
      const paths = [...new Set(products.map(({ categoryPath }) => categoryPath))];
      const values = [products.map(({ slug }) => slug), skus, paths];
      const [row] = await database.read<ImportConflicts>(conflictStatement, values);
      return row ?? { slugs: [], skus: [], categories: [] };
    },
    async add(products, now) {
      try {
        await database.transaction(async (runner) => {
          for (const batch of batches(products)) await runner.run(addStatement, [batch, now]);
        });
        return 'added';
      } catch (error) {
        if (overtakenBy.includes(violatedConstraint(error))) return 'conflict';
        throw error;
      }
    },
  };
}
