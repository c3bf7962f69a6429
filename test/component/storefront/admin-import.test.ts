import { Client } from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { importColumns, maxImportBytes } from '../../../storefront-api/domain/product-import.ts';
import { eventually } from '../../support/eventually.ts';
import { allWaiting } from '../../support/scarce-shop.ts';
import { anAccount } from '../../support/shopper.ts';
import { counted } from '../../support/statement-count.ts';
import { fetchFrom } from '../../support/storefront.ts';
import { withShop } from '../../support/with-shop.ts';

const shop = withShop();
let authorization: string;
beforeAll(async () => {
  authorization = `Bearer staff:${await anAccount(shop.url, 'staff')}`;
});

interface Report {
  readonly dryRun: boolean;
  readonly rows: number;
  readonly products: number;
  readonly errorCount: number;
  readonly errors: readonly { row: number; column: string; message: string }[];
}

async function send(
  body: string | Buffer,
  { query = '', type = 'text/csv; charset=utf-8' } = {},
): Promise<{ status: number; report: Report }> {
  const response = await fetchFrom(shop.api, `/api/admin/product-imports${query}`, {
    method: 'POST',
    body,
    headers: { authorization, 'content-type': type },
  });
  return { status: response.status, report: (await response.json()) as Report };
}

const heading = importColumns.join(',');
const row = (slug: string, change: { sku?: string; category?: string; stock?: string } = {}) =>
  [
    slug,
    change.category ?? 'food/fish',
    'Dried hilsa',
    'ইলিশের শুঁটকি',
    '"Salted, dried"',
    '',
    '/api/images/x.svg',
    '640',
    '640',
    change.sku ?? slug.toUpperCase(),
    'weight=1kg',
    '899.50',
    change.stock ?? '5',
  ].join(',');
const products = async (slugs: string) =>
  shop.sql(`SELECT slug, status FROM products WHERE slug LIKE '${slugs}' ORDER BY id`);

describe('an import', () => {
  it('adds drafts with their words, after a dry run that adds nothing', async () => {
    const file = `\uFEFF${heading}\r\n${row('imp-a')}\r\n${row('imp-a', { sku: 'IMP-A-2' })}\r\n${row('imp-b')}\r\n`;
    const dry = await send(file, { query: '?dry_run=true' });
    expect(dry).toEqual({
      status: 200,
      report: { dryRun: true, rows: 3, products: 2, errorCount: 0, errors: [] },
    });
    expect(await products('imp-%')).toEqual([]);
    const [statements, { status }] = await counted(shop.api, () => send(file));
    expect([statements, status]).toEqual([4, 201]); // a look, and one insertion in a transaction
    expect(await products('imp-%')).toEqual([
      { slug: 'imp-a', status: 'draft' },
      { slug: 'imp-b', status: 'draft' },
    ]);
    await shop.sql("UPDATE products SET status = 'active' WHERE slug = 'imp-a'");
    const found = await fetchFrom(shop.api, `/api/products?q=${encodeURIComponent('ইলিশের শুঁটকি')}`);
    expect(await found.json()).toMatchObject({
      items: [{ slug: 'imp-a', priceFromMinor: 89_950, inStock: true }],
    });
  });

  it('adds nothing when one row is wrong, and names the cell', async () => {
    const file = [heading, row('part-a'), row('part-b', { stock: 'many' })].join('\n');
    const { status, report } = await send(file);
    expect([status, report.errors]).toEqual([
      422,
      [{ row: 3, column: 'stock', message: 'must be a whole number from 0 to 1000000' }],
    ]);
    expect(await products('part-%')).toEqual([]);
  });

  it('says what is in the shop already, and which category is not', async () => {
    const file = [
      heading,
      row('mustard-oil-1l', { sku: 'NEW-1' }),
      row('taken-sku', { sku: 'MUSTARD-OIL-1L' }),
      row('no-category', { category: 'food/none' }),
    ].join('\n');
    const { status, report } = await send(file, { query: '?dry_run=true' });
    expect([status, report.errors.map((error) => [error.row, error.column])]).toEqual([
      200,
      [
        [2, 'slug'],
        [3, 'sku'],
        [4, 'category'],
      ],
    ]);
  });

  it('of the same file twice at once adds it once', async () => {
    const file = [heading, row('twice-a'), row('twice-b')].join('\n');
    const answers = await Promise.all([send(file), send(file), send(file)]);
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    for (const status of statuses) expect([201, 409, 422]).toContain(status);
    expect(await products('twice-%')).toHaveLength(2);
  });

  it('whose category is removed while it is added adds nothing', async () => {
    await shop.sql(`INSERT INTO categories (path, parent_id, name_en, name_bn)
      SELECT 'food/brief', id, 'Brief', 'ক্ষণিক' FROM categories WHERE path = 'food'`);
    const other = new Client({ connectionString: shop.url });
    await other.connect();
    await other.query('BEGIN');
    await other.query('LOCK TABLE products IN SHARE MODE');
    const file = [heading, row('brief-a'), row('brief-b', { category: 'food/brief' })].join('\n');
    const answer = send(file);
    await eventually(async () => expect(await shop.sql(allWaiting)).toHaveLength(1), {
      intervalMs: 10,
    });
    await other.query("DELETE FROM categories WHERE path = 'food/brief'");
    await other.query('COMMIT');
    await other.end();
    expect((await answer).status).toBe(409);
    expect(await products('brief-%')).toEqual([]);
    expect((await send(file)).report.errors).toMatchObject([{ row: 3, column: 'category' }]);
  });

  it('of two thousand rows is taken', async () => {
    const rows = Array.from({ length: 2_000 }, (_, at) => row(`many-${at}`));
    const { status, report } = await send([heading, ...rows].join('\n'));
    expect([status, report.products]).toEqual([201, 2_000]);
  });

  it.each([
    ['S67 too large', Buffer.alloc(maxImportBytes + 1, 97), 'text/csv', 413],
    ['S68 of another type', heading, 'application/json', 415],
    ['S68 in another charset', heading, 'text/csv; charset=windows-1252', 415],
    ['S68 of a type that begins alike', heading, 'text/csvx', 415],
    ['S61 not UTF-8', Buffer.from([0xff, 0xfe, 0x61]), 'text/csv', 400],
    ['empty', '', 'text/csv', 422],
    ['S57 hostile', `${heading}\n${"'); DROP TABLE products; --,".repeat(13)}`, 'text/csv', 422],
  ])('that is %s is refused', async (_, body, type, status) => {
    expect((await send(body, { type })).status).toBe(status);
  });
});
