import type { z } from 'zod';
import type { ProductQuery } from '../domain/catalogue.ts';
import { type Locale, negotiatedLocale } from '../domain/locale.ts';
import { pageCursor, positionOf, type Sign } from '../domain/page-cursor.ts';
import { searchQuery } from '../domain/search-words.ts';
import { invalidRequest, notFound } from '../errors.ts';
import type { ProductRepository } from '../repositories/product-repository.ts';
import { defineRoute, type Route } from '../routing/route.ts';
import {
  categoryList,
  languageHeader,
  listQuery,
  localeQuery,
  maxSuggestions,
  productDetail,
  productPage,
  productParams,
  suggestionList,
  suggestQuery,
} from './catalogue-schemas.ts';

/** What the catalogue's routes need. */
export interface CatalogueDependencies {
  readonly products: ProductRepository;
  /** Signs cursors. */
  readonly sign: Sign;
}

/** A page may be a second old: stock shown is a hint, the checkout decides. */
const cacheable = { ttlMs: 1_000 };

/** Browsers ask again each time (the ETag makes that cheap), so a price is never older than our own cache. */
const cacheControl = 'public, no-cache';

const facts = { method: 'GET', auth: 'none', limitClass: 'browse', cacheable } as const;
const responseHeaders = {
  'content-language': 'Language of the texts.',
  vary: 'What the answer depends on.',
};

interface LanguageInput {
  readonly query: { readonly locale?: Locale | undefined };
  readonly headers: z.output<typeof languageHeader>;
}

/** A 200 in the language that the request asks for. */
async function inLanguage<Body>(
  { query, headers }: LanguageInput,
  bodyIn: (locale: Locale) => Promise<Body>,
) {
  const locale = negotiatedLocale(query.locale, headers['accept-language']);
  return {
    status: 200 as const,
    headers: {
      'cache-control': cacheControl,
      'content-language': locale,
      vary: 'Accept-Language, Origin', // the page cache adds Accept-Encoding
    },
    body: await bodyIn(locale),
  };
}

type ListInput = z.output<typeof listQuery>;

/** What a cursor belongs to: everything that decides which products come in which order. */
function questionOf(query: ListInput): string {
  const { category, q, price_min, price_max, in_stock, sort } = query;
  return JSON.stringify([category, q, price_min, price_max, in_stock, sort]);
}

function wrongQuery(path: string, message: string): never {
  throw invalidRequest('the request is not valid', [{ in: 'query', path, message }]);
}

/** @throws HttpProblem 400 for a cursor that is not ours, and for a question without a word */
function productQuery(query: ListInput, locale: Locale, sign: Sign): ProductQuery {
  const { cursor, q } = query;
  const after = cursor === undefined ? undefined : positionOf(cursor, questionOf(query), sign);
  if (cursor !== undefined && after === undefined) {
    wrongQuery('cursor', 'was not given by this shop for this list');
  }
  if ((query.price_min ?? 0) > (query.price_max ?? Number.MAX_SAFE_INTEGER)) {
    wrongQuery('price_max', 'is below price_min');
  }
  return {
    locale,
    category: query.category,
    search: q === undefined ? undefined : wordsOf(q),
    priceMinMinor: query.price_min,
    priceMaxMinor: query.price_max,
    inStock: query.in_stock,
    sort: query.sort,
    after,
    limit: query.limit,
    withFacets: query.facets,
  };
}

function wordsOf(q: string): string {
  const search = searchQuery(q);
  return search === '' ? wrongQuery('q', 'holds no word') : search;
}

function listRoute({ products, sign }: CatalogueDependencies): Route {
  return defineRoute({
    ...facts,
    path: '/api/products',
    summary: 'Products, page by page',
    query: listQuery,
    headers: languageHeader,
    responses: { 200: { description: 'A page.', body: productPage, headers: responseHeaders } },
    handler: (input) =>
      inLanguage(input, async (locale) => {
        const { query } = input;
        const { items, next, facets } = await products.list(productQuery(query, locale, sign));
        const nextCursor = next === undefined ? null : pageCursor(next, questionOf(query), sign);
        return { items, nextCursor, ...(facets && { facets }) };
      }),
  });
}

function productRoute({ products }: CatalogueDependencies): Route {
  return defineRoute({
    ...facts,
    path: '/api/products/:slug',
    summary: 'One product with its variants',
    params: productParams,
    query: localeQuery,
    headers: languageHeader,
    responses: {
      200: { description: 'The product.', body: productDetail, headers: responseHeaders },
    },
    handler: (input) =>
      inLanguage(input, async (locale) => {
        const product = await products.find(input.params.slug, locale);
        if (product === undefined) throw notFound('there is no such product');
        return product;
      }),
  });
}

function categoriesRoute({ products }: CatalogueDependencies): Route {
  return defineRoute({
    ...facts,
    path: '/api/categories',
    summary: 'All categories: each before what is below it, siblings in the order of the shop',
    query: localeQuery,
    headers: languageHeader,
    responses: { 200: { description: 'The tree.', body: categoryList, headers: responseHeaders } },
    handler: (input) =>
      inLanguage(input, async (locale) => ({ items: await products.categories(locale) })),
  });
}

function suggestRoute({ products }: CatalogueDependencies): Route {
  return defineRoute({
    ...facts,
    path: '/api/search/suggest',
    summary: 'Products that begin with what is being typed',
    query: suggestQuery,
    headers: languageHeader,
    responses: { 200: { description: 'A few.', body: suggestionList, headers: responseHeaders } },
    handler: (input) =>
      inLanguage(input, async (locale) => ({
        items: await products.suggest(wordsOf(input.query.q), locale, maxSuggestions),
      })),
  });
}

/** Routes that show what the shop sells. */
export function catalogueRoutes(deps: CatalogueDependencies): readonly Route[] {
  return [listRoute(deps), productRoute(deps), categoriesRoute(deps), suggestRoute(deps)];
}
