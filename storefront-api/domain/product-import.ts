// Products from a spreadsheet: one row for each variant, rows of one slug make one product. Every wrong cell is reported
// with its row, its column and what to write instead; nothing is guessed.
import { type CsvRecord, csvRecords } from './csv.ts';
import type { NewProduct, ProductVariant } from './catalogue.ts';
import { isAmount } from './money.ts';
import { maxStock, maxVariants } from './staff-catalogue.ts';

/** Most rows of one file, without the heading. */
export const maxImportRows = 2_000;

/** Largest file in bytes. */
export const maxImportBytes = 1024 * 1024;

/** Columns, in any order; all must be there. */
export const importColumns = [
  'slug',
  'category',
  'title_en',
  'title_bn',
  'description_en',
  'description_bn',
  'image_url',
  'image_width',
  'image_height',
  'sku',
  'options',
  'price_bdt',
  'stock',
] as const;

/** One of them. */
export type ImportColumn = (typeof importColumns)[number];

/** A cell that is wrong; `row` is the line of the file that its record begins on, 1 is the heading. */
export interface ImportError {
  readonly row: number;
  /** Empty: the row as a whole. */
  readonly column: ImportColumn | '';
  /** What is wrong and what to write. */
  readonly message: string;
}

/** A product of the file and the row that it begins on. */
export interface ImportedProduct {
  readonly row: number;
  readonly product: NewProduct;
}

/** What a file holds. */
export interface ImportPlan {
  readonly rows: number;
  readonly products: readonly ImportedProduct[];
  readonly errors: readonly ImportError[];
}

type Cells = Readonly<Record<ImportColumn, string>>;

interface Row {
  readonly row: number;
  readonly cells: Cells;
}

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const controlCharacter = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\uFFFD]/u;

/** What a spreadsheet would run as a formula when the text is exported again (OWASP, CSV Injection). */
const formula = /^[=+\-@\t\r]/;

const slugPattern = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const categoryPattern = /^[a-z0-9]+(-[a-z0-9]+)*(\/[a-z0-9]+(-[a-z0-9]+)*){0,3}$/;
const skuPattern = /^[A-Z0-9]+(-[A-Z0-9]+)*$/;
const imagePattern = /^(?:https:\/\/[^\s"'<>\\]+|\/api\/images\/[\w.-]+)$/;
const optionPattern = /^([a-z]{1,20})=([^=;]{1,50})$/;

type Rule = (cell: string) => string | undefined;

function pattern(shape: RegExp, longest: number, remedy: string): Rule {
  return (cell) => (cell.length <= longest && shape.test(cell) ? undefined : remedy);
}

function words(longest: number, shortest = 1): Rule {
  return (cell) => {
    if (cell.length < shortest) return 'is empty: write a text';
    if (cell.length > longest) return `is longer than ${longest} characters: shorten it`;
    if (formula.test(cell)) return 'begins like a formula: begin it with a letter or a digit';
    return undefined;
  };
}

function whole(largest: number, smallest = 0): Rule {
  return (cell) =>
    /^\d{1,9}$/.test(cell) && Number(cell) >= smallest && Number(cell) <= largest
      ? undefined
      : `must be a whole number from ${smallest} to ${largest}`;
}

const maxDescription = 5_000;
const maxImageSide = 10_000;

const rules: Readonly<Record<ImportColumn, Rule>> = {
  slug: pattern(slugPattern, 100, 'must be words in lower case joined by hyphens'),
  category: pattern(categoryPattern, 200, 'must be a path such as clothing/saree'),
  title_en: words(200),
  title_bn: words(200),
  description_en: words(maxDescription, 0),
  description_bn: words(maxDescription, 0),
  image_url: pattern(imagePattern, 500, 'must begin with https:// or /api/images/'),
  image_width: whole(maxImageSide, 1),
  image_height: whole(maxImageSide, 1),
  sku: pattern(skuPattern, 64, 'must be capitals and digits joined by hyphens'),
  options: (cell) =>
    optionsOf(cell) === undefined ? 'must be empty or like size=M;colour=red' : undefined,
  price_bdt: (cell) =>
    poishaOf(cell) === undefined ? 'must be taka such as 1250 or 1250.50' : undefined,
  stock: whole(maxStock),
};

/** Taka with at most two decimals as poisha, without going through a fraction. */
function poishaOf(cell: string): number | undefined {
  const [, taka, decimals = ''] = /^(\d{1,8})(?:\.(\d{1,2}))?$/.exec(cell) ?? [];
  const poisha = Number(`${taka}${decimals.padEnd(2, '0')}`);
  return taka !== undefined && isAmount(poisha) ? poisha : undefined;
}

function optionsOf(cell: string): Readonly<Record<string, string>> | undefined {
  if (cell === '') return {};
  const pairs = cell.split(';').map((part) => optionPattern.exec(part.trim()));
  if (pairs.some((pair) => pair === null || formula.test(pair[2] ?? ''))) return undefined;
  const entries = pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? ''] as const);
  const isUnique = new Set(entries.map(([name]) => name)).size === entries.length;
  return isUnique ? Object.fromEntries(entries) : undefined;
}

function cellErrors({ row, cells }: Row): readonly ImportError[] {
  return importColumns.flatMap((column) => {
    const cell = cells[column];
    const message =
      controlCharacter.test(cell) || !cell.isWellFormed()
        ? 'has a character that is no text: type it anew'
        : rules[column](cell);
    return message === undefined ? [] : [{ row, column, message }];
  });
}

/** Cells that all rows of a product share. */
const shared = importColumns.slice(1, importColumns.indexOf('sku'));

function groupErrors(rows: readonly Row[]): readonly ImportError[] {
  const [first] = rows;
  const different = rows.flatMap(({ row, cells }) =>
    shared
      .filter((column) => cells[column] !== first?.cells[column])
      .map((column) => ({
        row,
        column,
        message: `differs from row ${first?.row} of the same product: write the same`,
      })),
  );
  if (rows.length <= maxVariants) return different;
  const message = `has more than ${maxVariants} variants: make it several products`;
  return [...different, { row: first?.row ?? 0, column: 'slug', message }];
}

function repeatedSkus(rows: readonly Row[]): readonly ImportError[] {
  const firstRow = new Map<string, number>();
  return rows.flatMap(({ row, cells: { sku } }) => {
    const before = firstRow.get(sku);
    if (before === undefined) firstRow.set(sku, row);
    return before === undefined
      ? []
      : [{ row, column: 'sku' as const, message: `stands in row ${before} already: take another` }];
  });
}

function variant({ cells }: Row): ProductVariant {
  return {
    sku: cells.sku,
    options: optionsOf(cells.options) ?? {},
    priceMinor: poishaOf(cells.price_bdt) ?? 0,
    stock: Number(cells.stock),
  };
}

function product(rows: readonly [Row, ...Row[]]): ImportedProduct {
  const [{ row, cells }] = rows;
  return {
    row,
    product: {
      slug: cells.slug,
      categoryPath: cells.category,
      title: { en: cells.title_en, bn: cells.title_bn },
      description: { en: cells.description_en, bn: cells.description_bn },
      image: {
        url: cells.image_url,
        width: Number(cells.image_width),
        height: Number(cells.image_height),
      },
      variants: rows.map(variant),
    },
  };
}

function headingErrors(heading: readonly string[]): readonly ImportError[] {
  const missing = importColumns.filter((column) => !heading.includes(column));
  const known: readonly string[] = importColumns;
  const strange = heading.filter((name, at) => !known.includes(name) || heading.indexOf(name) < at);
  return [
    ...missing.map((column) => ({ row: 1, column, message: 'is missing in the heading: add it' })),
    ...strange.map((name) => ({
      row: 1,
      column: '' as const,
      message: `"${name.slice(0, 40)}" is no column, or stands twice: take it out`,
    })),
  ];
}

function rowOf({ line, fields }: CsvRecord, heading: readonly string[]): Row {
  const cell = (column: ImportColumn): string => fields[heading.indexOf(column)]?.trim() ?? '';
  const cells = Object.fromEntries(importColumns.map((column) => [column, cell(column)]));
  return { row: line, cells: cells as unknown as Cells };
}

function failed(rows: number, error: Omit<ImportError, 'column'>): ImportPlan {
  return { rows, products: [], errors: [{ ...error, column: '' }] };
}

/** What a CSV file says should be added. Pure; knows nothing of what is in the shop already. */
export function importPlan(text: string): ImportPlan {
  const records = csvRecords(text);
  if ('message' in records) return failed(0, { row: records.line, message: records.message });
  const [first, ...rest] = records;
  if (first === undefined)
    return failed(0, { row: 1, message: 'the file is empty: add a heading' });
  const heading = first.fields.map((name) => name.trim());
  const wrongHeading = headingErrors(heading);
  if (wrongHeading.length > 0) return { rows: rest.length, products: [], errors: wrongHeading };
  if (rest.length === 0) return failed(0, { row: 2, message: 'there is no row: add products' });
  if (rest.length > maxImportRows) {
    const message = `there are more than ${maxImportRows} rows: split the file`;
    return failed(rest.length, { row: rest[maxImportRows]?.line ?? 0, message });
  }
  const odd = rest.filter(({ fields }) => fields.length !== heading.length);
  const oddErrors = odd.map(({ line, fields }) => ({
    row: line,
    column: '' as const,
    message: `has ${fields.length} cells where the heading has ${heading.length}: put texts with commas into quotes`,
  }));
  const rows = rest
    .filter((record) => !odd.includes(record))
    .map((record) => rowOf(record, heading));
  const groups = [...Map.groupBy(rows, ({ cells }) => cells.slug).values()];
  const errors = [
    ...oddErrors,
    ...rows.flatMap(cellErrors),
    ...groups.flatMap(groupErrors),
    ...repeatedSkus(rows),
  ].toSorted((a, b) => a.row - b.row);
  const products = groups.map((group) => product(group as [Row, ...Row[]]));
  return { rows: rest.length, products: errors.length === 0 ? products : [], errors };
}
