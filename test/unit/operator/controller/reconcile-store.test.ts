// What one reconcile looks at, and how often.
import { describe, expect, it } from 'vitest';
import type { StoreStatus } from '../../../../crds/store/status.ts';
import {
  claimResource,
  ingressClassResource,
  secretResource,
} from '../../../../operator/controller/kinds.ts';
import { fieldManager, labelKeys } from '../../../../operator/names.ts';
import type { KubeObject } from '../../../../operator/runtime/kube-object.ts';
import { aReconcile } from '../../../support/a-reconcile.ts';
import { aStore } from '../../../support/a-store.ts';

const aSecret = (name: string, key: string, value: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'shop' },
  data: { [key]: Buffer.from(value).toString('base64') },
});
const jwk = { kty: 'oct', kid: 'first', k: Buffer.alloc(32, 1).toString('base64url') };

const conditionOf = (status: StoreStatus, type: string): object | undefined =>
  status.conditions?.find((condition) => condition.type === type);

describe('the Secrets of an owner', () => {
  const existing = { jwtSecretName: 'own-keys', sessionSecretName: 'own-session' };
  const withSecrets = (paused: boolean) => {
    const spec = { paused, secrets: { mode: 'Existing' as const, existing } };
    const started = aReconcile(aStore({ spec }));
    started.exists(
      secretResource,
      aSecret('own-keys', 'jwks.json', JSON.stringify({ keys: [jwk] })),
    );
    started.exists(secretResource, aSecret('own-session', 'secret', 's'.repeat(48)));
    return started;
  };

  it.each([
    ['for pods and status together', false],
    ['for the status of a store that is paused', true],
  ])('are read once each: %s', async (_title, paused) => {
    const { client, reconcile } = withSecrets(paused);
    const status = await reconcile();

    expect(client.lines().filter((line) => line.includes('/secrets/own-'))).toEqual([
      'GET /api/v1/namespaces/shop/secrets/own-keys',
      'GET /api/v1/namespaces/shop/secrets/own-session',
    ]);
    expect(status.secrets).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: 'own-keys',
          keys: [expect.objectContaining({ kid: 'first' })],
        }),
        { name: 'own-session', source: 'Existing', createdAt: '2026-01-01T00:00:00Z' },
      ]),
    );
  });

  it('are found present', async () => {
    const status = await withSecrets(false).reconcile();
    expect(conditionOf(status, 'SecretsReady')).toMatchObject({ reason: 'SecretsPresent' });
  });
});

describe('the way to a store', () => {
  it('is told as it was applied, whatever comes meanwhile; the next look takes it up', async () => {
    const { client, watches, reconcile } = aReconcile(aStore());
    const { answer } = client;
    client.answer = (request, index) => {
      if (request.patchType === 'apply') {
        watches.cache(ingressClassResource).observed({
          apiVersion: 'networking.k8s.io/v1',
          kind: 'IngressClass',
          metadata: { name: 'traefik', uid: 'uid-traefik', resourceVersion: '1' },
          spec: { controller: 'traefik.io/ingress-controller' },
        });
      }
      return answer(request, index);
    };

    expect((await reconcile()).exposure).toEqual({ mode: 'None' });
    expect((await reconcile()).exposure).toMatchObject({ mode: 'Ingress', className: 'traefik' });
  });
});

describe('the families of addresses that the cluster gives', () => {
  it.each([
    [['IPv4'], [false, false]],
    [['IPv6'], [false, true]],
    [
      ['IPv4', 'IPv6'],
      [false, true],
    ],
  ])('%j: nginx is told of IPv6 once there is a Service: %j', async (ipFamilies, told) => {
    const { client, reconcile } = aReconcile(aStore());
    const { answer } = client;
    client.answer = (request, index) => {
      const body = request.body as KubeObject | undefined;
      if (body?.kind !== 'Service') return answer(request, index);
      const spec = { ...(body['spec'] as object), ipFamilies };
      return answer({ ...request, body: { ...body, spec } }, index);
    };
    const isTold = async (): Promise<boolean> => {
      await reconcile();
      const written = client.requests.findLast(({ path }) =>
        path.endsWith('/configmaps/dhaka-web'),
      );
      return JSON.stringify(written?.body).includes('listen [::]:8080 default_server;');
    };
    expect([await isTold(), await isTold()]).toEqual(told);
  });
});

describe('a claim that an earlier store has left', () => {
  const { name: storeName } = aStore().metadata;
  const claimOf = (storageClassName: string | undefined, appliedBy: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: `${storeName}-db`,
      namespace: 'shop',
      uid: 'uid-claim',
      resourceVersion: '1',
      labels: { [labelKeys.managedBy]: fieldManager, [labelKeys.instance]: storeName },
      managedFields: [
        {
          manager: appliedBy,
          operation: 'Apply',
          fieldsV1: { 'f:spec': { 'f:storageClassName': {} } },
        },
      ],
    },
    spec: {
      ...(storageClassName !== undefined && { storageClassName }),
      resources: { requests: { storage: '8Gi' } },
    },
  });
  const withClaim = (className: string, claim: KubeObject) => {
    const started = aReconcile(
      aStore({ spec: { database: { managed: { storage: { className } } } } }),
    );
    started.watches.cache(claimResource).observed(claim);
    return started;
  };
  const appliedClass = ({ client }: ReturnType<typeof withClaim>): unknown => {
    const sent = client.requests.findLast(({ path }) => path.includes('/persistentvolumeclaims/'));
    return (sent?.body as { spec: { storageClassName?: string } } | undefined)?.spec
      .storageClassName;
  };

  it('of another class says what to do, and is not written to', async () => {
    const started = withClaim('fast', claimOf('fats', fieldManager));
    await expect(started.reconcile()).rejects.toMatchObject({
      reason: 'StorageClassMismatch',
      message: `PersistentVolumeClaim ${storeName}-db is of StorageClass fats, and the store asks for fast; set spec.database.managed.storage.className to fats, or, while the claim is Pending and holds nothing, kubectl delete pvc -n shop ${storeName}-db`,
    });
    expect(appliedClass(started)).toBeUndefined();
  });

  it.each([
    ['of the same class', 'fast', claimOf('fast', fieldManager), 'fast'],
    ['without a class', 'fast', claimOf(undefined, fieldManager), 'fast'],
    ['keeps the class that a store named', '', claimOf('fast', fieldManager), 'fast'],
    ['keeps the default that it was given', '', claimOf('standard', 'kube-apiserver'), undefined],
  ])('%s is taken up', async (_title, className, claim, expected) => {
    const started = withClaim(className, claim);
    await started.reconcile();
    expect(appliedClass(started)).toBe(expected);
  });
});
