import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parseStoreSpec } from '../../../crds/store/parse.ts';
import { storeSpec } from '../../../crds/store/store.ts';
import { randomSpec } from '../../support/random-specs.ts';
import { type StoreApi, withStoreApi } from '../../support/store-api.ts';
import { smallestSpec } from '../../support/store-cases.ts';

// fast-check runs one property after the other; a batch per run keeps both sides busy.
const batches = 40;
const specsPerBatch = 20;

describe('the guard inside reconcile and the API server', () => {
  const api = withStoreApi();
  const count = { accepted: 0, refused: 0 };
  const startedAt = performance.now();

  afterAll(() => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(
      `agreement: ${count.accepted} specs accepted, ${count.refused} refused, ${seconds} s\n`,
    );
  });

  it('give the same answer on random specs, and the same defaults', async () => {
    const property = fc.asyncProperty(
      fc.array(randomSpec(), { minLength: specsPerBatch, maxLength: specsPerBatch }),
      async (specs) => {
        const verdicts = await Promise.all(specs.map((spec) => bothVerdicts(spec, api())));
        for (const { spec, guard, server } of verdicts) {
          expect(guard, JSON.stringify(spec)).toEqual(server);
          count[server.accepted ? 'accepted' : 'refused'] += 1;
        }
      },
    );

    await fc.assert(property, { numRuns: batches });

    const total = count.accepted + count.refused;
    expect(total).toBeGreaterThanOrEqual(batches * specsPerBatch);
    expect(Math.min(count.accepted, count.refused) / total).toBeGreaterThan(0.2);
  });

  it('agree on the largest spec, which stays within the cost budget of the rules', async () => {
    const spec = largestSpec();

    const { guard, server } = await bothVerdicts(spec, api());

    expect(server).toEqual(guard);
    expect(server.accepted).toBe(true);
  });

  it('agree on the defaults of the smallest spec', async () => {
    const { body } = await api().create(smallestSpec);

    expect(body.spec).toEqual(storeSpec.parse(smallestSpec));
  });
});

interface Verdict {
  readonly accepted: boolean;
  readonly spec?: unknown;
}

async function bothVerdicts(spec: object, api: StoreApi) {
  const parsed = parseStoreSpec(spec);
  const { status, body } = await api.create(spec);
  if (status !== 201 && status !== 422) throw new Error(JSON.stringify(body));
  const guard: Verdict = parsed.ok ? { accepted: true, spec: parsed.spec } : { accepted: false };
  const server: Verdict =
    status === 201 ? { accepted: true, spec: body.spec } : { accepted: false };
  return { spec, guard, server };
}

function largestSpec(): object {
  const repeated = <T>(size: number, item: (index: number) => T): T[] =>
    Array.from({ length: size }, (_, index) => item(index));
  const name253 = (index: number): string => `${`a${index}`.padEnd(62, 'x')}.${'b'.repeat(190)}`;
  const label = (index: number): string => `${`a${index}`.padEnd(253, 'x')}/${'y'.repeat(63)}`;
  const host = (index: number): string =>
    `${`h${index}`.padEnd(63, 'x')}.${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(61)}`;
  const env = repeated(50, (index) => {
    const variable = `V${index}`.padEnd(128, 'X');
    if (index % 2 === 0) return { name: variable, value: '🛒'.repeat(4096) };
    const reference = { name: name253(index), key: 'k'.repeat(253) };
    return { name: variable, valueFrom: { secretKeyRef: reference } };
  });
  const tolerations = repeated(20, (index) => ({ key: label(index), value: 'v'.repeat(63) }));
  const nodeSelector = Object.fromEntries(repeated(20, (index) => [label(index), 'v'.repeat(63)]));
  const component = { env, scheduling: { nodeSelector, tolerations } };
  const allowedOrigins = repeated(50, (index) => `https://${host(index)}:65535`);
  return {
    version: `1.0.0-${'a'.repeat(57)}`,
    hosts: repeated(20, host),
    imagePullSecrets: repeated(10, name253),
    api: component,
    web: component,
    security: { cors: { allowedOrigins } },
  };
}
