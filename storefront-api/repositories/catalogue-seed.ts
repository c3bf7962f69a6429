// Adds a catalogue where it is missing; what is there stays as it is, so a seed may run at every start.
import type { NewCategory, NewProduct } from '../domain/catalogue.ts';
import { productWords } from '../domain/search-words.ts';
import type { Database, Statement } from './database.ts';

/** How many rows were new. */
export interface SeedCounts {
  readonly categories: number;
  readonly products: number;
}

const addCategory: Statement = {
  name: 'seed-category',
  text: `INSERT INTO categories (path, parent_id, name_en, name_bn, position)
         VALUES ($1, (SELECT id FROM categories WHERE path = $2), $3, $4, $5)
         ON CONFLICT (path) DO NOTHING RETURNING id`,
};

// One statement: a product without its variants is never seen.
const addProduct: Statement = {
  name: 'seed-product',
  text: `WITH product AS (
    INSERT INTO products (slug, category_id, title_en, title_bn, description_en, description_bn, image_url,
                          image_width, image_height, image_alt_en, image_alt_bn, status, search, created_at)
    SELECT $1, c.id, $3, $4, $5, $6, $7, $8, $9, $3, $4, 'active', array_to_tsvector($10::text[]),
           clock_timestamp()
      FROM categories c WHERE c.path = $2
    ON CONFLICT (slug) DO NOTHING RETURNING id)
  INSERT INTO variants (product_id, sku, options, price_minor, stock, position)
  SELECT product.id, v.sku, v.options, v."priceMinor", v.stock, v.position
    FROM product, jsonb_to_recordset($11::jsonb)
         AS v(sku text, options jsonb, "priceMinor" bigint, stock int, position int)
  RETURNING product_id`,
};

/** Adds categories (parents first) and products. */
export async function seedCatalogue(
  database: Database,
  {
    categories,
    products,
  }: { readonly categories: readonly NewCategory[]; readonly products: readonly NewProduct[] },
): Promise<SeedCounts> {
  const counts = { categories: 0, products: 0 };
  for (const [position, { path, name }] of categories.entries()) {
    const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : null;
    const rows = await database.run(addCategory, [path, parent, name.en, name.bn, position]);
    counts.categories += rows.length;
  }
  for (const { slug, categoryPath, title, description, image, variants } of products) {
    const words = productWords({ title, description });
    const rows = await database.run(addProduct, [
      slug,
      categoryPath,
      title.en,
      title.bn,
      description.en,
      description.bn,
      image.url,
      image.width,
      image.height,
      words,
      JSON.stringify(variants.map((variant, position) => ({ ...variant, position }))),
    ]);
    counts.products += rows.length > 0 ? 1 : 0;
  }
  return counts;
}
