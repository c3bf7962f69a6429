import { Client } from 'pg';
import { databaseSettings } from '../../../storefront-api/database-config.ts';
import { migrateShop, seedShop } from '../../../storefront-api/shop-database.ts';

/** Fills an empty database with the schema, the demonstration catalogue and `count` made-up products. */
export async function fillCatalogue(url: string, count: number): Promise<void> {
  const settings = databaseSettings({ env: { DATABASE_URL: url }, readFile: () => '' });
  await migrateShop(settings);
  await seedShop(settings);
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(
    `INSERT INTO products (slug, category_id, title_en, title_bn, image_url, image_width, image_height, status,
                           price_from_minor, in_stock, search, created_at)
     SELECT 'product-' || n, (SELECT min(id) FROM categories) + n % 12, 'Hand woven cotton product number ' || n,
            'হাতে বোনা সুতির পণ্য ' || n, '/api/images/product-' || n || '.svg', 800, 800, 'active', n * 7 % 500000,
            n % 5 <> 0, array_to_tsvector(ARRAY['product', 'w' || n]), now() + n * interval '1 second'
       FROM generate_series(1, ${Math.trunc(count)}) n`,
  );
  await client.query('VACUUM ANALYZE products');
  await client.end();
}
