// What holds for the declaration of every route, whatever it is for.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ShopDependencies, shopRoutes } from '../../../storefront-api/shop-routes.ts';

const routes = shopRoutes({} as ShopDependencies);

/** Every regular expression inside of a value, each once, by its source. */
function patternsIn(root: unknown): ReadonlyMap<string, RegExp> {
  const found = new Map<string, RegExp>();
  const seen = new Set<unknown>();
  const queue: unknown[] = [root];
  while (queue.length > 0) {
    const value = queue.pop();
    if (value instanceof RegExp) found.set(value.source, value);
    else if (typeof value === 'object' && value !== null && !seen.has(value)) {
      seen.add(value);
      queue.push(...(value instanceof Map || value instanceof Set ? value.values() : []));
      queue.push(...Object.values(value));
      // zod keeps what a schema is made of where enumeration does not look.
      if ('_zod' in value) queue.push((value as z.ZodType)._zod.def);
    }
  }
  return found;
}

const patterns = patternsIn(
  routes.map(({ params, query, headers, body }) => [params, query, headers, body]),
);

/** Texts that make careless patterns try everything: long runs that only the last character spoils. */
const probes = [
  'a',
  'a-',
  'a/',
  'a.',
  'A',
  'A-',
  '0',
  '9',
  '-',
  '/',
  '.',
  '"',
  ' ',
  '\n',
  'a@',
  '@a.',
].map((part) => part.repeat(Math.ceil(100_000 / part.length)));
const ends = ['', '!', '\u0000', '-', '"'];
/** Half a second for what takes less than a millisecond: the machine may be busy; a quadratic pattern needs many seconds. */
const patienceMs = 500;

describe('S69 the patterns of the declarations', () => {
  it('are found', () => {
    const sources = [...patterns.keys()];
    expect(sources).toContain('^[a-z0-9]+(-[a-z0-9]+)*$');
    expect(sources).toContain('^(0|[1-9]\\d{0,15})$');
    expect(sources.length).toBeGreaterThan(8);
  });

  it.each([...patterns])('%s decides over 100 kB at once', (_, pattern) => {
    for (const text of probes.flatMap((probe) => ends.map((end) => probe + end))) {
      const startedAt = performance.now();
      pattern.test(text);
      expect(performance.now() - startedAt, text.slice(0, 9)).toBeLessThan(patienceMs);
    }
  });
});

interface JsonSchema {
  readonly type?: string;
  readonly additionalProperties?: unknown;
}

/** Paths of objects inside of a schema that take any member. */
function openObjects(node: unknown, path = ''): readonly string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { type, additionalProperties } = node as JsonSchema;
  const isOpen = type === 'object' && [undefined, true].includes(additionalProperties as undefined);
  const inside = Object.entries(node).flatMap(([name, value]) =>
    openObjects(value, `${path}/${name}`),
  );
  return isOpen ? [path, ...inside] : inside;
}

const bodies = routes.flatMap(({ method, path, body, responses }) => {
  const answers = Object.entries(responses).map(([status, declared]) => [status, declared.body]);
  return [['asked', body] as const, ...(answers as [string, z.ZodType | undefined][])].flatMap(
    ([when, schema]) =>
      schema === undefined ? [] : [[`${method} ${path} ${when}`, schema] as const],
  );
});

describe('S51 S52 a body holds declared fields only:', () => {
  it.each(bodies.filter(([name]) => !name.includes('openapi.json')))('%s', (_, schema) => {
    // As input also for answers: a schema that drops unknown members would let them pass when it only looks.
    const options = { io: 'input', unrepresentable: 'any' } as const;
    expect(openObjects(z.toJSONSchema(schema, options))).toEqual([]);
  });
});
