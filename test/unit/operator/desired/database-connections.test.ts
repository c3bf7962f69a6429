import fc from 'fast-check';
import type { IStatefulSet } from 'kubernetes-models/apps/v1';
import { describe, expect, it } from 'vitest';
import { parseStoreSpec } from '../../../../crds/store/parse.ts';
import type { Store, StoreSpecInput } from '../../../../crds/store/store.ts';
import { environmentVariables } from '../../../../operator/desired/environment-variables.ts';
import { aStore } from '../../../support/a-store.ts';
import { randomSpec } from '../../../support/random-specs.ts';
import { allObjects } from './sample-stores.ts';

/** What the migration, superusers and tools must find free at least. */
const reserve = 20;

const poolSize = (store: Store): number =>
  Number(
    environmentVariables(store, 'api').find(({ name }) => name === 'DATABASE_POOL_SIZE')?.value,
  );

/** `max_connections` of the database that the operator runs, or undefined. */
function allowed(store: Store): number | undefined {
  const manifest = allObjects(store).find((each) => each.manifest.kind === 'StatefulSet')?.manifest;
  const args = (manifest as IStatefulSet | undefined)?.spec?.template.spec?.containers[0]?.args;
  return args && Number(/^-c max_connections=(\d+)$/.exec(args.join(' '))?.[1]);
}

const scaled = (
  api: StoreSpecInput['api'],
  database: StoreSpecInput['database'] = {},
): readonly (number | undefined)[] => {
  const store = aStore({ spec: { api, database } });
  return [poolSize(store), allowed(store)];
};
const bounds = (maxReplicas: number) => ({ autoscaling: { maxReplicas } });

describe('connections to the database', () => {
  it('are enough for every pod that an accepted store may have, while a rollout adds some', () => {
    fc.assert(
      fc.property(randomSpec(), (random) => {
        const parsed = parseStoreSpec(random);
        fc.pre(parsed.ok);
        if (!parsed.ok) return;
        const store = { ...aStore(), spec: parsed.spec };
        const { autoscaling, replicas } = parsed.spec.api;
        const most = autoscaling.enabled ? autoscaling.maxReplicas : replicas;
        const asked = (most + Math.ceil(most / 4)) * poolSize(store) + reserve;
        expect(allowed(store) ?? Infinity).toBeGreaterThanOrEqual(asked);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['as it is made', {}, {}, [10, 300]],
    ['with another pod or two at most', bounds(12), {}, [10, 300]],
    ['with fewer, as a shop is scaled down', bounds(4), {}, [10, 300]],
    ['without an autoscaler', { autoscaling: { enabled: false }, replicas: 2 }, {}, [10, 300]],
    ['with as many pods as there may be', bounds(100), {}, [10, 2_400]],
    ['with few for each pod', bounds(100), { connectionsPerPod: 2 }, [2, 600]],
    [
      'elsewhere, where the server is not ours',
      {},
      { connectionsPerPod: 4, external: { secretName: 'shop-db' } },
      [4, undefined],
    ],
  ])('%s', (_title, api, database, numbers) => {
    expect(scaled(api, database)).toEqual(numbers);
  });
});
