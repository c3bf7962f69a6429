// What the catalogue's pages are made of.
import type { Locale } from './locale.ts';

/** Orders of the product list. */
export const productSorts = ['newest', 'price-asc', 'price-desc'] as const;

/** One of them. */
export type ProductSort = (typeof productSorts)[number];

/** A picture and the room it takes. */
export interface Picture {
  readonly url: string;
  readonly width: number;
  readonly height: number;
  readonly alt: string;
}

/** A product in a list. Prices are poisha. */
export interface ProductCard {
  readonly slug: string;
  readonly title: string;
  readonly categoryPath: string;
  readonly image: Picture;
  readonly priceFromMinor: number;
  readonly inStock: boolean;
}

/** One thing that can be bought. */
export interface ProductVariant {
  readonly sku: string;
  readonly options: Readonly<Record<string, string>>;
  readonly priceMinor: number;
  readonly stock: number;
}

/** Everything about a product. */
export interface ProductDetail extends ProductCard {
  readonly description: string;
  readonly variants: readonly ProductVariant[];
}

/** A category; `path` places it in the tree. */
export interface Category {
  readonly path: string;
  readonly name: string;
}

/** Place of a product in the chosen order: where the next page begins. */
export interface ListPosition {
  /** Microseconds since 1970 for `newest`, poisha for prices, as decimal digits. */
  readonly key: string;
  readonly id: number;
}

/** Most products on a page. */
export const maxListed = 100;

/** What a list is asked for. */
export interface ProductQuery {
  readonly locale: Locale;
  /** The category and everything below it. */
  readonly category?: string | undefined;
  /** `tsquery` of domain/search-words.ts. */
  readonly search?: string | undefined;
  readonly priceMinMinor?: number | undefined;
  readonly priceMaxMinor?: number | undefined;
  readonly inStock?: boolean | undefined;
  readonly sort: ProductSort;
  readonly after?: ListPosition | undefined;
  readonly limit: number;
  readonly withFacets: boolean;
}

/** Bands of the price facet in poisha: from the bound on, up to the next. */
export const priceBandsMinor = [0, 50_000, 100_000, 250_000, 500_000, 1_000_000] as const;

/** How many of the products that match lie where. */
export interface Facets {
  readonly categories: readonly { readonly path: string; readonly count: number }[];
  readonly priceBands: readonly { readonly fromMinor: number; readonly count: number }[];
  readonly inStock: number;
  readonly total: number;
}

/** A page of a list. */
export interface ProductPage {
  readonly items: readonly ProductCard[];
  readonly next: ListPosition | undefined;
  readonly facets: Facets | undefined;
}

/** A suggestion while a shopper types. */
export interface Suggestion {
  readonly slug: string;
  readonly title: string;
}

/** A text in both languages of the shop. */
export interface BilingualText {
  readonly en: string;
  readonly bn: string;
}

/** A category to be added; its parent, if it has one, must be there already. */
export interface NewCategory {
  readonly path: string;
  readonly name: BilingualText;
}

/** A product to be added. */
export interface NewProduct {
  readonly slug: string;
  readonly categoryPath: string;
  readonly title: BilingualText;
  readonly description: BilingualText;
  readonly image: { readonly url: string; readonly width: number; readonly height: number };
  readonly variants: readonly ProductVariant[];
}
