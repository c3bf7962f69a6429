import { describe, expect, it } from 'vitest';
import { managedDatabase, type ManagedDatabase } from '../../../../crds/store/database.ts';
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import type { Manifest } from '../../../../operator/desired/desired-object.ts';
import { migrationJob } from '../../../../operator/desired/migration-job.ts';
import { statefulSet } from '../../../../operator/desired/stateful-set.ts';
import { volumeClaim } from '../../../../operator/desired/volume-claim.ts';
import { aStore } from '../../../support/a-store.ts';

type DatabaseInput = NonNullable<StoreSpecInput['database']>;

const managed = (fields: NonNullable<DatabaseInput['managed']> = {}): ManagedDatabase => {
  const { spec } = aStore({ spec: { database: { managed: fields } } });
  const found = managedDatabase(spec.database);
  if (found === undefined) throw new Error('somebody else runs the database');
  return found;
};

const claim = (size: string, claimSize?: string) =>
  volumeClaim(
    aStore(),
    managed({ storage: { size } }),
    claimSize === undefined ? {} : { claimSize },
  )['spec'] as { resources: { requests: { storage: string } } };

describe('the claim of the database', () => {
  it.each([
    ['8Gi', undefined, '8Gi'],
    ['8Gi', '8Gi', '8Gi'],
    ['16Gi', '8Gi', '16Gi'],
    ['8Gi', '10Gi', '10Gi'],
    ['1024Mi', '1Gi', '1024Mi'],
    ['9G', '8Gi', '9G'],
  ])('asks for %s beside %s: %s', (size, live, expected) => {
    expect(claim(size, live).resources.requests.storage).toBe(expected);
  });

  it.each([
    ['', undefined, undefined],
    ['fast', undefined, 'fast'],
    ['', 'fast', 'fast'],
    ['slow', 'fast', 'slow'],
  ])('of class "%s" beside one of %s asks for %s', (className, claimClass, expected) => {
    const facts = claimClass === undefined ? {} : { claimClass };
    const { spec } = volumeClaim(aStore(), managed({ storage: { className } }), facts);
    expect((spec as { storageClassName?: string }).storageClassName).toBe(expected);
  });

  it.each(['Retain', 'Delete'] as const)('has no owner under %s', (policy) => {
    const { metadata } = volumeClaim(aStore({ spec: { deletion: { policy } } }), managed(), {});
    expect(metadata).not.toHaveProperty('ownerReferences');
  });

  it('says of which version its files are', () => {
    const { metadata } = volumeClaim(aStore(), managed({ version: 17 }), {});
    expect(metadata.labels['dhakacart.io/database-version']).toBe('17');
  });
});

describe('the pod of the database', () => {
  const template = (spec: object, database = managed()): string =>
    JSON.stringify(
      (statefulSet(aStore({ spec }), database)['spec'] as { template: unknown }).template,
    );

  it('is not replaced by another release of the shop', () => {
    expect(template({ version: '2.0.0' })).toBe(template({ version: '1.0.0' }));
  });

  it('is as important as the API, and tolerates as much, but is bound to its volume, not to their nodes', () => {
    const scheduling = {
      priorityClassName: 'shop-critical',
      tolerations: [{ key: 'dedicated', operator: 'Exists' as const }],
      nodeSelector: { pool: 'shops' },
    };
    const store = aStore({ spec: { api: { scheduling } } });
    const podOf = (manifest: Manifest) =>
      (manifest['spec'] as { template: { spec: Record<string, unknown> } }).template.spec;
    const placement = (manifest: Manifest) => {
      const { priorityClassName, tolerations } = podOf(manifest);
      return { priorityClassName, tolerations };
    };
    const database = statefulSet(store, managed());
    expect(placement(database)).toEqual(placement(migrationJob(store, { checksums: {} })));
    expect(placement(database).priorityClassName).toBe('shop-critical');
    expect(podOf(database)).not.toHaveProperty('nodeSelector');
  });

  it('keeps the files of each version apart', () => {
    const text = template({}, managed({ version: 17 }));
    expect(text).toContain('docker.io/library/postgres:17-trixie');
    expect(text).toContain('/var/lib/postgresql/17/docker');
  });
});

describe('the migration', () => {
  it('is not given up for a database that is away, nor for a pod that a node lost, until its time is up', () => {
    const retries = aStore({
      spec: { database: { migration: { retries: 0, timeoutSeconds: 900 } } },
    });
    expect(migrationJob(retries, { checksums: {} })['spec']).toMatchObject({
      backoffLimit: 0,
      activeDeadlineSeconds: 900,
      podFailurePolicy: {
        rules: [
          {
            action: 'Ignore',
            onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }],
          },
          {
            action: 'Ignore',
            onExitCodes: { containerName: 'migration', operator: 'In', values: [69] },
          },
        ],
      },
      template: { spec: { restartPolicy: 'Never' } },
    });
  });
});
