// The columns that lists sort and filter by are kept by the database itself, under races too.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Database } from '../../../storefront-api/repositories/database.ts';
import { seededDatabase, settingsOf } from '../../support/storefront.ts';

let database: Database;
beforeAll(async () => {
  database = new Database({ ...settingsOf(await seededDatabase()), poolSize: 8 });
});
afterAll(() => database.end());

const product = {
  name: 'product',
  text: 'SELECT price_from_minor, in_stock FROM products WHERE slug = $1',
};
const slug = 'cotton-panjabi-white';
const setStock = { name: 'stock', text: 'UPDATE variants SET stock = $2 WHERE sku = $1' };

it('is out of stock when the last variants are sold at the same moment', async () => {
  const skus = ['M', 'L', 'XL'].map((size) => `COTTON-PANJABI-WHITE-${size}`);
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(skus.map((sku) => database.run(setStock, [sku, 0])));
    expect(await database.read(product, [slug])).toMatchObject([{ in_stock: false }]);
    await Promise.all(skus.map((sku) => database.run(setStock, [sku, 1])));
    expect(await database.read(product, [slug])).toMatchObject([{ in_stock: true }]);
  }
});

it('shows the lowest price', async () => {
  await database.run({
    name: '',
    text: "UPDATE variants SET price_minor = 99900 WHERE sku = 'COTTON-PANJABI-WHITE-L'",
  });
  expect(await database.read(product, [slug])).toMatchObject([{ price_from_minor: 99_900 }]);
});

it('can never have less than nothing', async () => {
  await expect(database.run(setStock, ['MUSTARD-OIL-1L', -1])).rejects.toThrow(
    /variants_stock_check/,
  );
});
