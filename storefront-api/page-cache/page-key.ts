import { type Locale, negotiatedLocale } from '../domain/locale.ts';
import type { Route } from '../routing/route.ts';

/** Validated input of a cacheable route. */
export interface PageInput {
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, unknown>>;
}

function sorted(
  fields: Readonly<Record<string, unknown>>,
): readonly (readonly [string, unknown])[] {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * Names a page: the route's template, its path parameters, its validated query in the order of names, and the language.
 * Two addresses that mean the same page have one key, and nothing that was not validated can be part of it. Pure.
 */
export function pageKey(route: Route, { params, query, headers }: PageInput): string {
  const { locale, ...rest } = query;
  const language = negotiatedLocale(
    locale as Locale | undefined,
    headers['accept-language'] as string | undefined,
  );
  return JSON.stringify([route.path, sorted(params), sorted(rest), language]);
}
