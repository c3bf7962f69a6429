// The catalogue as staff see and change it.
import type { BilingualText, NewProduct, ProductVariant } from './catalogue.ts';

/** Is a product being prepared, sold, or kept for the orders that name it? */
export const productStatuses = ['draft', 'active', 'archived'] as const;

/** One of them. */
export type ProductStatus = (typeof productStatuses)[number];

/** Most variants of one product. */
export const maxVariants = 100;

/** Largest stock of a variant; the table `variants` has the same. */
export const maxStock = 1_000_000;

/** A picture with what is said of it to those who do not see it. */
export type StaffImage = NewProduct['image'] & { readonly alt: BilingualText };

/** What of a product can be changed. */
export interface ProductContent {
  readonly categoryPath: string;
  readonly title: BilingualText;
  readonly description: BilingualText;
  readonly image: StaffImage;
  readonly status: ProductStatus;
}

/** A variant and the version that a change of it must name. */
export interface StaffVariant extends ProductVariant {
  readonly version: number;
}

/** A product, sold or not. */
export interface StaffProduct extends ProductContent {
  readonly slug: string;
  readonly version: number;
  readonly variants: readonly StaffVariant[];
}

/** A product in a list. */
export interface StaffProductCard {
  readonly slug: string;
  readonly categoryPath: string;
  readonly title: BilingualText;
  readonly status: ProductStatus;
  readonly priceFromMinor: number;
  readonly inStock: boolean;
  readonly version: number;
}

/** A product to be added by staff. */
export interface StaffNewProduct extends ProductContent {
  readonly slug: string;
  readonly variants: readonly ProductVariant[];
}

/** What a change of a row that carries a version comes to. */
export type Versioned<Row> =
  | { readonly kind: 'done'; readonly row: Row }
  | { readonly kind: 'unknown' }
  /** Somebody has changed it since. */
  | { readonly kind: 'stale' };
