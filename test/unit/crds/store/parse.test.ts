import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { storeNameRule } from '../../../../crds/store/formats.ts';
import { parseStoreSpec } from '../../../../crds/store/parse.ts';
import { smallestSpec, storeCases } from '../../../support/store-cases.ts';

const samples = join(import.meta.dirname, '../../../../crds/samples');

describe('the guard inside reconcile', () => {
  it.each(storeCases)('accepts and refuses: $title', ({ accepted, refused, ...wanted }) => {
    expect(parseStoreSpec({ ...smallestSpec, ...accepted })).toMatchObject({ ok: true });

    const parsed = parseStoreSpec({ ...smallestSpec, ...refused });

    const problems = parsed.ok ? [] : parsed.problems;
    expect(problems).toContainEqual({
      path: wanted.path,
      message: expect.stringContaining(wanted.guard ?? wanted.message),
    });
  });

  it.each([undefined, null, 'text', 7, []])('refuses %j instead of a spec', (spec) => {
    expect(parseStoreSpec(spec).ok).toBe(false);
  });

  it('names a missing field', () => {
    const parsed = parseStoreSpec({ version: '1.0.0' });

    expect(parsed).toMatchObject({ ok: false, problems: [{ path: 'hosts' }] });
  });

  it('reports at most 20 problems', () => {
    const env = Array.from({ length: 50 }, (_, index) => ({ name: `${index}` }));

    const parsed = parseStoreSpec({ ...smallestSpec, api: { env } });

    expect(parsed.ok ? [] : parsed.problems).toHaveLength(20);
  });

  it('never repeats a value, wherever it stands', () => {
    const secret = 'S3cr3t!';
    const wrong = fc.oneof(fc.constant(secret), fc.constant([secret]), fc.constant({ a: secret }));
    const paths = [
      ['version'],
      ['hosts'],
      ['hosts', 0],
      ['paused'],
      ['deletion', 'policy'],
      ['api', 'image'],
      ['api', 'replicas'],
      ['api', 'env', 0],
      ['api', 'env', 0, 'name'],
      ['api', 'env', 0, 'valueFrom', 'secretKeyRef', 'name'],
      ['api', 'resources', 'limits', 'memory'],
      ['api', 'scheduling', 'nodeSelector', 'pool'],
      ['api', 'scheduling', 'tolerations', 0, 'effect'],
      ['security', 'cors', 'allowedOrigins', 0],
    ] as const;

    fc.assert(
      fc.property(fc.constantFrom(...paths), wrong, (path, value) => {
        const patch = path.reduceRight<unknown>(
          (inner, step) => (step === 0 ? [inner] : { [step]: inner }),
          value,
        );
        const parsed = parseStoreSpec({ ...smallestSpec, ...(patch as object) });
        expect(JSON.stringify(parsed.ok ? [] : parsed.problems)).not.toContain(secret);
      }),
    );
  });

  it.each(readdirSync(samples))('accepts the sample %s', (file) => {
    const store = parse(readFileSync(join(samples, file), 'utf8')) as { spec: unknown };

    expect(parseStoreSpec(store.spec)).toMatchObject({ ok: true });
  });
});

describe('the name of a store', () => {
  it.each(['dhaka', 'd', 'shop-2', 'a'.repeat(40)])('may be %s', (name) => {
    expect(storeNameRule.holds({ metadata: { name } })).toBe(true);
  });

  it.each(['2shop', 'shop-', 'shop.eu', 'Shop', 'a'.repeat(41)])('may not be %s', (name) => {
    expect(storeNameRule.holds({ metadata: { name } })).toBe(false);
  });
});
