import { expect } from 'vitest';
import {
  releases,
  shopName,
  shopSpec,
  type ShopInTests,
  shopTest,
} from '../../support/real-shop.ts';
import { ordinaryErrands } from '../../support/shop-errands.ts';
import { whileShopping } from '../../support/steady-shopping.ts';
import type { LiveObject } from '../../support/stores.ts';

const [, next] = releases;

const bornAt = ({ metadata }: LiveObject): number =>
  Date.parse(String(metadata['creationTimestamp' as never]));

/** A new release of the storefront. */
export function release(shop: ShopInTests): void {
  shopTest(
    'rolls to a new release without losing a request, after its migration is complete',
    shop,
    async ({ ask, get, owned, specify, waitUntilReady }) => {
      const { failures, asked } = await whileShopping(ask, await ordinaryErrands(ask), async () => {
        await specify({ ...shopSpec, version: next });
        await waitUntilReady();
      });
      expect(failures).toEqual([]);
      expect(asked).toBeGreaterThan(400);

      const store = await get(`dcs/${shopName}`);
      expect(store['status']).toMatchObject({
        version: next,
        migration: { version: next, state: 'Succeeded' },
      });
      const pods = async (component: string): Promise<readonly LiveObject[]> => {
        const all = await owned('pods', component);
        return all.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      };
      const [job, ...otherJobs] = await owned('jobs');
      expect(otherJobs).toEqual([]);
      const migratedAt = Date.parse(String(job?.['status'].completionTime));
      for (const component of ['api', 'web']) {
        const newPods = await pods(component);
        expect(newPods).toHaveLength(2);
        for (const pod of newPods) {
          expect(pod['spec'].containers[0].image).toBe(
            `ghcr.io/dhakacart/storefront-${component}:${next}`,
          );
          expect(bornAt(pod)).toBeGreaterThanOrEqual(migratedAt);
        }
      }
    },
  );
}
