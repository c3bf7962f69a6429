import { z } from 'zod';
import { maxListed, productSorts } from '../domain/catalogue.ts';
import { locales } from '../domain/locale.ts';
import { maxAmountMinor } from '../domain/money.ts';
import { maxCursorLength } from '../domain/page-cursor.ts';
import { flagText, integerText } from '../routing/query-fields.ts';

/** Most products on a page, and how many when nobody asks. */
export const pageLimits = { max: maxListed, default: 20 } as const;

/** Most suggestions while typing: what fits under a search field on a telephone. */
export const maxSuggestions = 8;

const amountMinor = z.int().min(0).max(maxAmountMinor);
/** Name of a product in addresses. */
export const slug = z
  .string()
  .max(100)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be words in lower case joined by hyphens');
/** Place of a category in the tree. */
export const categoryPath = z
  .string()
  .max(200)
  .regex(
    /^[a-z0-9]+(-[a-z0-9]+)*(\/[a-z0-9]+(-[a-z0-9]+)*){0,3}$/,
    'must be a path such as clothing/saree',
  );
const locale = z
  .enum(locales)
  .describe('Language of the texts; otherwise Accept-Language decides.');
const searchText = z.string().min(1).max(100).describe('Words in English or Bangla.');

/** Path of one product. */
export const productParams = z.strictObject({
  slug: slug.describe('Name of the product in addresses.'),
});

/** Query of everything that only knows a language. */
export const localeQuery = z.strictObject({ locale: locale.optional() });

/** Query of suggestions. */
export const suggestQuery = z.strictObject({ q: searchText, locale: locale.optional() });

/** Query of the product list. */
export const listQuery = z.strictObject({
  category: categoryPath.describe('Only this category and those below it.').optional(),
  q: searchText.optional(),
  price_min: integerText([0, maxAmountMinor], 'Lowest price in poisha.').optional(),
  price_max: integerText([0, maxAmountMinor], 'Highest price in poisha.').optional(),
  in_stock: flagText('Only what can be bought now, or only what cannot.').optional(),
  sort: z.enum(productSorts).default('newest').describe('Order of the list.'),
  cursor: z
    .string()
    .min(1)
    .max(maxCursorLength)
    .describe('`nextCursor` of the page before.')
    .optional(),
  limit: integerText([1, pageLimits.max], 'Products on a page.').default(pageLimits.default),
  facets: flagText('Also count what matches by category, price and stock.').default(false),
  locale: locale.optional(),
});

/** The one request header that the catalogue reads. */
export const languageHeader = z.strictObject({
  'accept-language': z.string().max(1_024).optional(),
});

const card = {
  slug: z.string(),
  title: z.string(),
  categoryPath: z.string(),
  image: z.strictObject({
    url: z.string(),
    width: z.int().positive(),
    height: z.int().positive(),
    alt: z.string(),
  }),
  priceFromMinor: amountMinor.describe('Lowest price of its variants, poisha.'),
  inStock: z.boolean(),
};

/** A page of the list. */
export const productPage = z.strictObject({
  items: z.array(z.strictObject(card)).max(pageLimits.max),
  nextCursor: z.string().nullable().describe('Null on the last page.'),
  facets: z
    .strictObject({
      categories: z.array(z.strictObject({ path: z.string(), count: z.int() })),
      priceBands: z.array(z.strictObject({ fromMinor: amountMinor, count: z.int() })),
      inStock: z.int(),
      total: z.int(),
    })
    .optional(),
});

/** One product. */
export const productDetail = z.strictObject({
  ...card,
  description: z.string(),
  variants: z.array(
    z.strictObject({
      sku: z.string(),
      options: z.record(z.string(), z.string()),
      priceMinor: amountMinor,
      stock: z.int().min(0),
    }),
  ),
});

/** All categories, each before what is below it. */
export const categoryList = z.strictObject({
  items: z.array(z.strictObject({ path: z.string(), name: z.string() })),
});

/** Suggestions. */
export const suggestionList = z.strictObject({
  items: z.array(z.strictObject({ slug: z.string(), title: z.string() })).max(maxSuggestions),
});
