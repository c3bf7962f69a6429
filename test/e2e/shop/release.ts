import { expect } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import {
  type RealShop,
  releases,
  shopName,
  shopSpec,
  type ShopInTests,
  shopTest,
} from '../../support/real-shop.ts';
import { ordinaryErrands } from '../../support/shop-errands.ts';
import { whileShopping } from '../../support/steady-shopping.ts';
import { condition, type LiveObject } from '../../support/stores.ts';

const [, next] = releases;

const bornAt = ({ metadata }: LiveObject): number =>
  Date.parse(String(metadata['creationTimestamp' as never]));

/** Renames what the migration reads and the API does not, so that a release cannot bring the database up to date. */
async function renameColumn({ run }: RealShop, from: string, to: string): Promise<void> {
  const sql = `alter table schema_migrations rename column ${from} to ${to}`;
  const psql = `psql -v ON_ERROR_STOP=1 -U $POSTGRES_USER $POSTGRES_DB -c '${sql}'`;
  await run('exec', `${shopName}-db-0`, '--', 'sh', '-c', psql);
}

/** A release whose migration fails: what served serves on, and the store says why. */
async function failToRelease(open: RealShop): Promise<void> {
  const { get, specify } = open;
  const migration = { retries: 0 };
  await renameColumn(open, 'checksum', 'hidden');
  await specify({
    ...shopSpec,
    version: next,
    database: { ...shopSpec.database, migration },
  });
  await eventually(
    async () => {
      const store = await get(`dcs/${shopName}`);
      expect(condition(store, 'Stalled')).toMatchObject({
        reason: 'MigrationFailed',
        message: expect.stringContaining('column "checksum" does not exist') as string,
      });
      expect(condition(store, 'ApiReady')).toMatchObject({ status: 'True' });
      expect(store['status'].version).toBe(releases[0]);
    },
    { timeoutMs: 60_000, intervalMs: 500 },
  );
  await renameColumn(open, 'hidden', 'checksum');
}

/** A new release of the storefront. */
export function release(shop: ShopInTests): void {
  shopTest(
    'sells on when a migration fails, and rolls to the release without losing a request when it is tried again',
    shop,
    async (open) => {
      const { ask, get, owned, run, waitUntilReady } = open;
      const { failures, asked } = await whileShopping(ask, await ordinaryErrands(ask), async () => {
        await failToRelease(open);
        await run('annotate', `dcs/${shopName}`, 'dhakacart.io/retry-migration=1');
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
