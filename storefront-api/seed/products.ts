import type { NewProduct, ProductVariant } from '../domain/catalogue.ts';
import { picture, pictureFile, pictureSize } from './pictures.ts';
import { clothingRows } from './clothing-rows.ts';
import { foodAndHomeRows } from './food-and-home-rows.ts';
import type { SeedRow } from './seed-row.ts';

const poishaPerTaka = 100;
const rows: readonly SeedRow[] = [...clothingRows, ...foodAndHomeRows];
const sizes = ['M', 'L', 'XL'] as const;

function variants([slug, category, , taka, stock]: SeedRow): readonly ProductVariant[] {
  const sku = slug.toUpperCase();
  const priceMinor = taka * poishaPerTaka;
  if (category !== 'clothing/panjabi') return [{ sku, options: {}, priceMinor, stock }];
  return sizes.map((size) => ({
    sku: `${sku}-${size}`,
    options: { size },
    priceMinor,
    stock: Math.floor(stock / sizes.length),
  }));
}

function drawn([slug, , kind]: SeedRow): { readonly file: string; readonly content: string } {
  const content = picture(slug, kind);
  return { file: pictureFile(slug, content), content };
}

/** Products of the demonstration shop. */
export const seedProducts: readonly NewProduct[] = rows.map((row) => ({
  slug: row[0],
  categoryPath: row[1],
  title: { en: row[5], bn: row[6] },
  description: { en: row[7], bn: row[8] },
  image: { url: `/api/images/${drawn(row).file}`, width: pictureSize, height: pictureSize },
  variants: variants(row),
}));

/** Their pictures by file name. */
export const seedPictures: ReadonlyMap<string, string> = new Map(
  rows.map((row) => {
    const { file, content } = drawn(row);
    return [file, content];
  }),
);
