// One line for each product of the demonstration shop. Prices are whole taka here and become poisha in products.ts.
import type { PictureKind } from './pictures.ts';

/** Slug, category, kind of picture, taka, pieces in stock, title and description in English and Bangla. */
export type SeedRow = readonly [
  slug: string,
  category: string,
  kind: PictureKind,
  taka: number,
  stock: number,
  titleEn: string,
  titleBn: string,
  descriptionEn: string,
  descriptionBn: string,
];
