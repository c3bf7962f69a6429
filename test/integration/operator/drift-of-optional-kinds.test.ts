// Drift of the children that take the API of another project: each of these kinds, edited and deleted by hand.
import { beforeAll, describe, expect, it } from 'vitest';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { expectMadeAnew, expectSetBack, type HandEdit } from '../../support/drift.ts';
import { eventually } from '../../support/eventually.ts';
import { playExternalSecrets } from '../../support/external-secrets.ts';
import { withOperator } from '../../support/operator.ts';
import { installPublishedCrds } from '../../support/published-crds.ts';
import { read, smallShop, storeManifest } from '../../support/stores.ts';

const patchType = 'merge';

const edits: readonly HandEdit[] = [
  {
    object: 'httproute/shop-route',
    patch: { spec: { hostnames: ['evil.example.com'] } },
    patchType,
    field: (live) => live['spec'].hostnames,
  },
  {
    object: 'httproute/shop-redirect',
    patch: { spec: { hostnames: ['evil.example.com'] } },
    patchType,
    field: (live) => live['spec'].hostnames,
  },
  {
    object: 'listenerset/shop-listeners',
    patch: { spec: { parentRef: { name: 'elsewhere' } } },
    patchType,
    field: (live) => live['spec'].parentRef.name,
  },
  {
    object: 'gateway/own-gateway',
    patch: { spec: { gatewayClassName: 'elsewhere' } },
    patchType,
    field: (live) => live['spec'].gatewayClassName,
  },
  {
    object: 'certificate/shop-tls',
    patch: { spec: { dnsNames: ['evil.example.com'] } },
    patchType,
    field: (live) => live['spec'].dnsNames,
  },
  {
    object: 'issuer/shop-letsencrypt-staging',
    patch: { spec: { acme: { email: 'evil@example.com' } } },
    patchType,
    field: (live) => live['spec'].acme.email,
  },
  {
    object: 'externalsecret/shop-extjwt',
    patch: { spec: { refreshInterval: '1s' } },
    patchType,
    field: (live) => live['spec'].refreshInterval,
  },
  {
    object: 'secretstore/shop-secretstore',
    patch: { spec: { provider: { aws: { region: 'us-east-1' } } } },
    patchType,
    field: (live) => live['spec'].provider.aws.region,
  },
];

describe('drift of a child of another project', () => {
  const cluster = withOwnCluster();
  withOperator(cluster, { queue: { waitingDelayMs: 1_000 } });
  const namespace = withNamespace('drift', cluster);

  beforeAll(async () => {
    for (const project of ['external-secrets', 'gateway-api', 'cert-manager'] as const) {
      await installPublishedCrds(cluster(), project);
    }
    const shop = {
      ...smallShop,
      exposure: { gateway: { attach: 'ListenerSet', parentRef: { name: 'shared' } } },
      tls: { mode: 'CertManager', acme: { email: 'tls@example.com', environment: 'Staging' } },
      secrets: {
        mode: 'ExternalSecrets',
        externalSecrets: { awsSecretsManager: { region: 'ap-south-1' } },
      },
    };
    const own = {
      ...smallShop,
      exposure: { gateway: { attach: 'Gateway', gatewayClassName: 'played' } },
    };
    const apply = (manifest: string): Promise<string> =>
      mustRun(cluster(), ['apply', '-f', '-'], manifest);
    await apply(storeManifest('shop', namespace(), shop));
    await playExternalSecrets(cluster(), namespace());
    await apply(storeManifest('own', namespace(), own));
    for (const { object } of edits) {
      await eventually(() => read(cluster(), [object, '-n', namespace()]));
    }
    // What is repaired is what was applied, so the store has to be.
    await eventually(async () => {
      const { metadata, status } = await read(cluster(), ['dcs/shop', '-n', namespace()]);
      expect(status.observedGeneration).toBe(metadata['generation' as never]);
      expect(status.components.api.ready).toBe(1);
    });
  }, 180_000);

  it.each(edits)('is set back on $object, while what others added survives', (edit) =>
    expectSetBack(cluster(), namespace(), edit),
  );

  it.each(edits)('is repaired when $object is deleted', (edit) =>
    expectMadeAnew(cluster(), namespace(), edit),
  );
});
