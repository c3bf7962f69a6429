import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvRecords } from '../../../storefront-api/domain/csv.ts';
import {
  importColumns,
  importPlan,
  type ImportColumn,
  maxImportRows,
} from '../../../storefront-api/domain/product-import.ts';
import { maxVariants } from '../../../storefront-api/domain/staff-catalogue.ts';

const fieldsOf = (text: string) => {
  const records = csvRecords(text);
  return 'message' in records ? records : records.map(({ fields }) => fields);
};

describe('CSV', () => {
  it.each([
    [
      'a,b\r\nc,d\r\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['\uFEFFa,b', [['a', 'b']]],
    ['"a","b"', [['a', 'b']]],
    ['"a,b","c""d","e\r\nf"', [['a,b', 'c"d', 'e\r\nf']]],
    [
      'a,,\n,',
      [
        ['a', '', ''],
        ['', ''],
      ],
    ],
    ['\n\na\n\n', [['a']]],
    ['""', []],
    ['', []],
  ])('%j', (text, records) => {
    expect(fieldsOf(text)).toEqual(records);
  });

  it.each([
    ['a"b', 1],
    ['a,b\n"c', 2],
    ['"a"b', 1],
    ['a\rb', 1],
    ['"x\ny"\n"', 3],
  ])('%j cannot be read at line %i', (text, line) => {
    expect(csvRecords(text)).toMatchObject({ line });
  });

  it('gives back what was written', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', 'ক', ' ') });
    const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1 });
    fc.assert(
      fc.property(table, (rows) => {
        const text = rows
          .map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(','))
          .join('\r\n');
        expect(fieldsOf(text)).toEqual(rows);
      }),
    );
  });

  it('S69 of 100 kB that ends nowhere is refused at once', () => {
    for (const text of [
      '"'.repeat(100_001),
      `"${'a'.repeat(100_000)}`,
      `${'""'.repeat(50_000)}x`,
    ]) {
      const startedAt = performance.now();
      expect(csvRecords(text)).toHaveProperty('message');
      expect(performance.now() - startedAt).toBeLessThan(500);
    }
  });
});

const aRow: Readonly<Record<ImportColumn, string>> = {
  slug: 'red-saree',
  category: 'clothing/saree',
  title_en: 'Red saree',
  title_bn: 'লাল শাড়ি',
  description_en: 'Soft, light.',
  description_bn: '',
  image_url: 'https://img.example.com/1.jpg',
  image_width: '640',
  image_height: '640',
  sku: 'RED-SAREE',
  options: 'size=M;colour=red',
  price_bdt: '1250.5',
  stock: '7',
};

function aFile(...rows: readonly Partial<Record<ImportColumn, string>>[]): string {
  const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
  const lines = rows.map((row) =>
    importColumns.map((column) => quoted({ ...aRow, ...row }[column])).join(','),
  );
  return [importColumns.join(','), ...lines].join('\r\n');
}

describe('a file of products', () => {
  it('becomes products, rows of one slug their variants', () => {
    const { products, errors, rows } = importPlan(
      aFile({}, { sku: 'RED-SAREE-L', options: '', price_bdt: '1300' }, { slug: 'b', sku: 'B' }),
    );
    expect(errors).toEqual([]);
    expect(rows).toBe(3);
    expect(products.map(({ row, product }) => [row, product.slug])).toEqual([
      [2, 'red-saree'],
      [4, 'b'],
    ]);
    expect(products[0]?.product).toEqual({
      slug: 'red-saree',
      categoryPath: 'clothing/saree',
      title: { en: 'Red saree', bn: 'লাল শাড়ি' },
      description: { en: 'Soft, light.', bn: '' },
      image: { url: 'https://img.example.com/1.jpg', width: 640, height: 640 },
      variants: [
        { sku: 'RED-SAREE', options: { size: 'M', colour: 'red' }, priceMinor: 125_050, stock: 7 },
        { sku: 'RED-SAREE-L', options: {}, priceMinor: 130_000, stock: 7 },
      ],
    });
  });

  it.each([
    ['0', 0],
    ['1', 100],
    ['1250.5', 125_050],
    ['1250.05', 125_005],
    ['0.29', 29],
    ['10000000', 1_000_000_000],
  ])('reads %s taka as %i poisha', (price, poisha) => {
    expect(
      importPlan(aFile({ price_bdt: price })).products[0]?.product.variants[0]?.priceMinor,
    ).toBe(poisha);
  });

  it.each<[ImportColumn, string]>([
    ['slug', 'Red Saree'],
    ['slug', '../etc'],
    ['category', 'Clothing'],
    ['title_en', ''],
    ['title_en', '=HYPERLINK("http://evil.example")'],
    ['title_bn', '+1'],
    ['title_bn', '@SUM(A1)'],
    ['title_en', 'x'.repeat(201)],
    ['title_en', 'a\u0000b'],
    ['title_en', '\ud800'],
    ['description_en', '-1+1'],
    ['image_url', 'http://img.example.com/1.jpg'],
    ['image_url', 'javascript:alert(1)'],
    ['image_width', '0'],
    ['image_height', '10001'],
    ['sku', 'red-saree'],
    ['options', 'size'],
    ['options', 'size=M;size=L'],
    ['options', 'size==M'],
    ['options', '__proto__=x'],
    ['price_bdt', '-1'],
    ['price_bdt', '1,250'],
    ['price_bdt', '1.234'],
    ['price_bdt', '1e3'],
    ['price_bdt', '10000000.01'],
    ['stock', '1000001'],
    ['stock', '1.5'],
    ['stock', '0x10'],
    ['stock', ''],
  ])('names the row and the column of a wrong %s: %s', (column, cell) => {
    const { products, errors } = importPlan(aFile({ slug: 'ok', sku: 'OK' }, { [column]: cell }));
    expect(products).toEqual([]);
    expect(errors).toContainEqual({
      row: 3,
      column,
      message: expect.stringMatching(/\w/) as string,
    });
    expect(new Set(errors.map((error) => error.column))).toEqual(new Set([column]));
  });

  it('counts lines as an editor does, quoted line ends too', () => {
    const file = aFile({ description_en: 'two\nlines' }, { slug: 'b', sku: 'B', stock: 'x' });
    expect(importPlan(file).errors).toMatchObject([{ row: 4, column: 'stock' }]);
  });

  it('says what is wrong between rows', () => {
    const { errors } = importPlan(
      aFile({}, { sku: 'B', title_en: 'Another' }, { slug: 'c', sku: 'RED-SAREE' }),
    );
    expect(errors).toEqual([
      {
        row: 3,
        column: 'title_en',
        message: 'differs from row 2 of the same product: write the same',
      },
      { row: 4, column: 'sku', message: 'stands in row 2 already: take another' },
    ]);
    const many = Array.from({ length: maxVariants + 1 }, (_, at) => ({ sku: `S-${at}` }));
    expect(importPlan(aFile(...many)).errors).toMatchObject([{ row: 2, column: 'slug' }]);
  });

  it.each([
    ['', 1],
    ['slug,sku', 1],
    [`${importColumns.join(',')},colour`, 1],
    [`${importColumns.join(',')},sku\n`, 1],
    [importColumns.join(';'), 1],
    [importColumns.join(','), 2],
    [`${importColumns.join(',')}\na,b`, 2],
    [`${importColumns.join(',')}\n"a`, 2],
  ])('%j is refused as a whole', (text, row) => {
    const { products, errors } = importPlan(text);
    expect(products).toEqual([]);
    expect(errors[0]).toMatchObject({ row });
  });

  it('takes columns in any order', () => {
    const columns = importColumns.toReversed();
    const text = [columns.join(','), columns.map((name) => `"${aRow[name]}"`).join(',')].join('\n');
    expect(importPlan(text).errors).toEqual([]);
  });

  it(`has at most ${maxImportRows} rows`, () => {
    const rows = Array.from({ length: maxImportRows + 1 }, (_, at) => ({
      slug: `p-${at}`,
      sku: `P-${at}`,
    }));
    expect(importPlan(aFile(...rows.slice(1))).errors).toEqual([]);
    expect(importPlan(aFile(...rows)).errors).toMatchObject([
      { row: maxImportRows + 2, column: '' },
    ]);
  });

  it('never throws, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(importPlan(text).products).toEqual([]);
        expect(importPlan(`${importColumns.join(',')}\n${text}`)).toHaveProperty('errors');
      }),
    );
  });
});
