import { expect } from 'vitest';
import { loadClient } from '../../../dev/load-client.ts';
import { eventually } from '../../support/eventually.ts';
import {
  type RealShop,
  shopName,
  shopSpec,
  type ShopInTests,
  shopTest,
} from '../../support/real-shop.ts';
import { condition } from '../../support/stores.ts';

const waiting = { timeoutMs: 120_000, intervalMs: 500 };

/** Down at the next look, so that a test can wait for it. */
const eager = {
  minReplicas: 2,
  maxReplicas: 4,
  cpuUtilization: 60,
  behavior: {
    scaleDown: {
      stabilizationWindowSeconds: 0,
      policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
    },
  },
};

/**
 * Asks for pages of the catalogue that nobody has asked for, so that each is work, until the action is done; returns the
 * answers by status.
 */
async function underLoad(
  { target }: RealShop,
  action: () => Promise<void>,
): Promise<Readonly<Record<string, number>>> {
  const load = loadClient();
  const statuses: Record<string, number> = {};
  const over = new AbortController();
  const acting = action().finally(() => over.abort());
  acting.catch(() => undefined); // awaited below
  while (!over.signal.aborted) {
    const result = await load({
      host: target.base.hostname,
      port: Number(target.base.port),
      isTls: true,
      path: '/api/products?limit=12&price_max=99{n}',
      connections: 8,
      seconds: 5,
      rate: 300,
    });
    for (const [status, count] of Object.entries(result.statuses)) {
      statuses[status] = (statuses[status] ?? 0) + count;
    }
  }
  await acting;
  return statuses;
}

/** Shoppers come and go. */
export function scaling(shop: ShopInTests): void {
  shopTest('gets more pods under load, and gives them back after it', shop, async (open) => {
    const { get, specify, waitUntilReady } = open;
    const api = { ...shopSpec.api, autoscaling: eager };
    await specify({ ...shopSpec, api });
    const statuses = await underLoad(open, () =>
      eventually(async () => {
        const { status } = await get(`deployment/${shopName}-api`);
        expect(status.availableReplicas).toBeGreaterThan(2);
        const store = await get(`dcs/${shopName}`);
        expect(store['status'].autoscaling.api).toMatchObject({ min: 2, max: 4 });
        expect(store['status'].autoscaling.api.current).toBeGreaterThan(2);
        expect(condition(store, 'AutoscalingReady')).toMatchObject({ status: 'True' });
      }, waiting),
    );
    expect(Object.keys(statuses)).toEqual(['200']);
    await eventually(async () => {
      const { spec, status } = await get(`deployment/${shopName}-api`);
      expect([spec.replicas, status.replicas]).toEqual([2, 2]);
    }, waiting);
    await waitUntilReady();
  });
}
