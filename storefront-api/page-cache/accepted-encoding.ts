import { compressedEncodings, type Encoding } from './compression.ts';

/** Longest Accept-Encoding that is looked at; browsers send about 30 characters. */
const maxHeaderLength = 256;

/** Different headers that are remembered: browsers send a handful, and a stranger must not fill the memory. */
const maxRemembered = 200;

const remembered = new Map<string, Encoding>();

function qualities(header: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const part of header.toLowerCase().split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((text) => text.trim());
    const q = parameters.map((text) => /^q=([01](?:\.\d{0,3})?)$/.exec(text)?.[1]).find(Boolean);
    if (coding !== '') found.set(coding, Number(q ?? 1));
  }
  return found;
}

function best(header: string): Encoding {
  const quality = qualities(header);
  const of = (coding: Encoding): number => quality.get(coding) ?? quality.get('*') ?? 0;
  const [first] = compressedEncodings
    .filter((coding) => of(coding) > 0 && of(coding) >= (quality.get('identity') ?? 0))
    .toSorted((a, b) => of(b) - of(a));
  return first ?? 'identity';
}

/**
 * The coding of an answer (RFC 9110 section 12.5.3): the one of highest quality, brotli before gzip when they are equal.
 * When nothing fits, the page goes out as it is, which that section allows.
 */
export function acceptedEncoding(header: string | undefined): Encoding {
  if (header === undefined || header === '' || header.length > maxHeaderLength) return 'identity';
  const known = remembered.get(header);
  if (known !== undefined) return known;
  const encoding = best(header);
  if (remembered.size >= maxRemembered) remembered.clear();
  remembered.set(header, encoding);
  return encoding;
}
