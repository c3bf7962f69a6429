import { expect } from 'vitest';
import { smoke } from '../../../dev/smoke-checks.ts';
import { shopName, type ShopInTests, shopTest } from '../../support/real-shop.ts';
import { condition } from '../../support/stores.ts';

/** A pod that the restricted Pod Security Standard refuses. */
const careless = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'careless' },
  spec: { containers: [{ name: 'careless', image: 'localhost/none:1' }] },
});

/** From a manifest to a purchase. */
export function anOpenShop(shop: ShopInTests): void {
  shopTest(
    'is Ready in a namespace that enforces the restricted Pod Security Standard',
    shop,
    async ({ node, namespace, get, owned, target }) => {
      const refused = await node.kubectl(['-n', namespace, 'create', '-f', '-'], {
        input: careless,
      });
      expect(refused.stderr).toContain('violates PodSecurity "restricted');
      const store = await get(`dcs/${shopName}`);
      expect(condition(store, 'Ready')?.message).toContain('rolled out and available');
      for (const type of ['DatabaseReady', 'ApiReady', 'WebReady', 'ExposureReady', 'TLSReady']) {
        expect(condition(store, type), type).toMatchObject({ status: 'True' });
      }
      expect(condition(store, 'Stalled')).toBeUndefined();
      expect(store['status']).toMatchObject({
        observedGeneration: store.metadata['generation' as never],
        url: `https://${target.base.hostname}`,
        version: '1.0.0',
        components: { api: { pods: '2/2' }, web: { pods: '2/2' }, database: { pods: '1/1' } },
        migration: { version: '1.0.0', state: 'Succeeded' },
      });
      const running = (await owned('pods')).filter((pod) => pod['status'].phase === 'Running');
      expect(running).toHaveLength(5);
    },
  );

  shopTest('sells through the ingress, over TLS with its own certificate', shop, async (open) => {
    const lines: string[] = [];
    const failed = await smoke(open.target, { mayBuy: true, onLine: (line) => lines.push(line) });
    expect(failed, lines.join('\n')).toBe(0);
    expect(lines.join('\n')).toMatch(/ok {4}checkout: order \d+ of \S+, placed once and cancelled/);
    expect(lines.join('\n')).toMatch(/ok {4}TLS: TLSv1\.3, certificate trusted/);
  });
}
