// The two languages of the shop, and which one a request gets (RFC 9110 section 12.5.4).

/** Languages that the catalogue is written in. */
export const locales = ['en', 'bn'] as const;

/** One of them. */
export type Locale = (typeof locales)[number];

/** Longest Accept-Language that is looked at; browsers send well under 100 characters. */
const maxHeaderLength = 256;

interface Range {
  readonly language: string;
  readonly quality: number;
}

function rangeOf(part: string): Range {
  const [tag = '', ...parameters] = part.trim().split(';');
  const q = parameters
    .map((text) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(text)?.[1])
    .find(Boolean);
  return { language: tag.trim().toLowerCase().split('-')[0] ?? '', quality: Number(q ?? 1) };
}

/** The language of a request: the one asked for in the query, else the best of Accept-Language, else English. Pure. */
export function negotiatedLocale(
  asked: Locale | undefined,
  acceptLanguage: string | undefined,
): Locale {
  if (asked !== undefined) return asked;
  const header = acceptLanguage ?? '';
  if (header === '' || header.length > maxHeaderLength) return 'en';
  const best = header
    .split(',')
    .map(rangeOf)
    .filter(
      ({ language, quality }) => quality > 0 && (locales as readonly string[]).includes(language),
    )
    .toSorted((a, b) => b.quality - a.quality)[0];
  return best === undefined ? 'en' : (best.language as Locale);
}
