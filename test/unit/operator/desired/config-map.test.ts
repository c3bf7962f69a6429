import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { httpsOriginPattern } from '../../../../crds/store/formats.ts';
import { parseStoreSpec } from '../../../../crds/store/parse.ts';
import type { Store } from '../../../../crds/store/store.ts';
import { configFiles } from '../../../../operator/desired/config-map.ts';
import { shopConfigSchema } from '../../../../storefront-api/config.ts';
import { aStore } from '../../../support/a-store.ts';
import { randomSpec } from '../../../support/random-specs.ts';

const fault = (store: Store): string | undefined => {
  const text = configFiles(store, 'api', { servesIpv6: false })['config.json'] ?? '';
  return shopConfigSchema.safeParse(JSON.parse(text)).error?.message;
};

describe("the API's config.json", () => {
  it('is one that the API starts with, whatever spec is accepted', () => {
    fc.assert(
      fc.property(randomSpec(), (random) => {
        const parsed = parseStoreSpec(random);
        fc.pre(parsed.ok);
        if (parsed.ok) expect(fault({ ...aStore(), spec: parsed.spec })).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('is so with every origin that is accepted', () => {
    const origins = fc
      .stringMatching(new RegExp(httpsOriginPattern))
      .filter((origin) => origin.length <= 272 && !origin.endsWith(':443'));
    fc.assert(
      fc.property(origins, (origin) => {
        const allowedOrigins = [origin];
        expect(fault(aStore({ spec: { security: { cors: { allowedOrigins } } } }))).toBeUndefined();
      }),
    );
  });
});
