// With many products every list must be read along an index, never by looking at all of them.
import { Client, escapeLiteral } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { productSorts, type ProductQuery } from '../../../storefront-api/domain/catalogue.ts';
import { Database } from '../../../storefront-api/repositories/database.ts';
import { listStatement } from '../../../storefront-api/repositories/product-repository.ts';
import { asAdministrator, seededDatabase, settingsOf } from '../../support/storefront.ts';

const productCount = 100_000;
let url: string;
let database: Database;

beforeAll(async () => {
  url = await seededDatabase();
  await asAdministrator(
    url,
    `INSERT INTO products (slug, category_id, title_en, title_bn, image_url, image_width, image_height, status,
                           price_from_minor, in_stock, search, created_at)
     SELECT 'p-' || n, (SELECT min(id) FROM categories) + n % 12, 'Product ' || n, 'পণ্য ' || n, '/x.svg', 1, 1, 'active',
            n * 7 % 500000, n % 5 <> 0, array_to_tsvector(ARRAY['product', 'w' || n]), now() - n * interval '1 minute'
       FROM generate_series(1, ${productCount}) n`,
  );
  await asAdministrator(url, 'VACUUM ANALYZE products');
  database = new Database({ ...settingsOf(url), poolSize: 1 });
});
afterAll(() => database.end());

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly Plans?: readonly PlanNode[];
}

const base: ProductQuery = { locale: 'en', sort: 'newest', limit: 20, withFacets: false };

function allNodes(node: PlanNode): readonly PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(allNodes)];
}

interface Explained {
  readonly 'QUERY PLAN': readonly [{ readonly Plan: PlanNode }];
}

/** The plan for these values. */
async function planOf(query: Partial<ProductQuery>): Promise<readonly PlanNode[]> {
  const { statement, values } = listStatement({ ...base, ...query });
  const rows = await database.read<Explained>(
    { name: '', text: `EXPLAIN (ANALYZE, FORMAT JSON) ${statement.text}` },
    values,
  );
  const plan = rows[0]?.['QUERY PLAN'][0].Plan;
  return plan === undefined ? [] : allNodes(plan);
}

/** What a connection does that has been asked this often: has it kept a plan, and how does that one do? */
async function keptPlanOf(
  query: Partial<ProductQuery>,
): Promise<{ readonly isKept: boolean; readonly nodes: readonly PlanNode[] }> {
  const { statement, values } = listStatement({ ...base, ...query });
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`PREPARE list AS ${statement.text}`);
    const execute = `EXECUTE list(${values.map((value) => escapeLiteral(String(value))).join(', ')})`;
    for (let times = 0; times < 10; times += 1) await client.query(execute);
    const { rows } = await client.query<{ generic_plans: string }>(
      "SELECT generic_plans FROM pg_prepared_statements WHERE name = 'list'",
    );
    const explained = await client.query<Explained>(`EXPLAIN (ANALYZE, FORMAT JSON) ${execute}`);
    const plan = explained.rows[0]?.['QUERY PLAN'][0].Plan;
    return { isKept: Number(rows[0]?.generic_plans) > 0, nodes: plan ? allNodes(plan) : [] };
  } finally {
    await client.end();
  }
}

function expectIndexed(nodes: readonly PlanNode[]): void {
  const products = nodes.filter((node) => node['Relation Name'] === 'products');
  expect(products.map((node) => node['Node Type'])).not.toContain('Seq Scan');
  const rowsRead = products.reduce(
    (sum, node) => sum + node['Actual Rows'] * node['Actual Loops'],
    0,
  );
  expect(rowsRead).toBeLessThan(2_500);
}

const after = { key: '250000', id: 10_000 };

describe(`with ${productCount} products the list`, () => {
  it.each<[string, Partial<ProductQuery>]>([
    ...productSorts.map((sort): [string, Partial<ProductQuery>] => [`sorted ${sort}`, { sort }]),
    ['after a page by price', { sort: 'price-asc', after }],
    ['after a page by date', { after: { key: String(Date.now() * 1_000), id: 1_000_000 } }],
    ['with a price range', { sort: 'price-asc', priceMinMinor: 100_000, priceMaxMinor: 200_000 }],
    ['in stock', { inStock: true }],
    ['of a category', { category: 'food/fish' }],
  ])('%s is read along an index', async (_, query) => {
    expectIndexed(await planOf(query));
  });

  it.each<[string, Partial<ProductQuery>]>([
    ['the first page', {}],
    ['a page by price', { sort: 'price-asc', after }],
    ['a highest price by price', { sort: 'price-asc', priceMaxMinor: 200_000 }],
  ])('%s is planned once', async (_, query) => {
    const { isKept, nodes } = await keptPlanOf(query);
    expect(isKept).toBe(true);
    expectIndexed(nodes);
  });

  it.each<[string, Partial<ProductQuery>]>([
    ['a few cheap ones, newest first', { priceMaxMinor: 60 }],
    ['a small category', { category: 'food/fish' }],
  ])('%s is planned for its values', async (_, query) => {
    const { isKept, nodes } = await keptPlanOf(query);
    expect(isKept).toBe(false);
    expectIndexed(nodes);
  });

  it('for a rare word is read along the index of words', async () => {
    const nodes = await planOf({ search: "'w777':*" });
    expect(nodes.map((node) => node['Index Name'])).toContain('products_search');
  });
});
