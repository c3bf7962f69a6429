// Each sample as its comment tells to use it, in a namespace that enforces the restricted Pod Security Standard, on a cluster
// that has the CRDs of everything a sample names. Nobody else's controller runs here: the tests write what one would.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { createAuthority } from '../../../dev/cluster/certificate.ts';
import { mustRun, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { playExternalSecrets } from '../../support/external-secrets.ts';
import { PlayedGateway } from '../../support/gateway-api.ts';
import { withOperator } from '../../support/operator.ts';
import { installPublishedCrds } from '../../support/published-crds.ts';
import {
  condition,
  installIngressClass,
  list,
  type LiveObject,
  read,
} from '../../support/stores.ts';

const samplesFolder = fileURLToPath(new URL('../../../crds/samples/', import.meta.url));
const patience = { timeoutMs: 90_000, intervalMs: 250 };

/** Pods that the standard refuses never come to be: their controllers say so. */
const refusedPods = /violates PodSecurity/;

interface Sample {
  /** What its comment says is there first. */
  readonly before?: (namespace: string) => Promise<unknown>;
  /** What the controllers of others would do once the store is applied. */
  readonly after?: (namespace: string) => Promise<unknown>;
  /** Conditions that the store reaches. */
  readonly reaches: Readonly<Record<string, object>>;
}

const ready = { Ready: { status: 'True', reason: 'AllComponentsReady' } };

describe('the samples', { timeout: 180_000 }, () => {
  const cluster = withOwnCluster();
  withOperator(cluster, { queue: { waitingDelayMs: 1_000 } });
  const run = (...args: readonly string[]): Promise<string> => mustRun(cluster(), args);
  const secret = (namespace: string, name: string, data: Record<string, string>): Promise<string> =>
    run(
      'create',
      'secret',
      'generic',
      name,
      '-n',
      namespace,
      ...Object.entries(data).map(([key, value]) => `--from-literal=${key}=${value}`),
    );

  beforeAll(async () => {
    for (const project of ['external-secrets', 'gateway-api', 'cert-manager'] as const) {
      await installPublishedCrds(cluster(), project);
    }
    await installIngressClass(cluster(), 'traefik', {
      controller: 'traefik.io/ingress-controller',
    });
    const priority = ['create', 'priorityclass', 'shop-critical', '--value=1000'];
    await run(...priority);
    const nodes = (await list(cluster(), 'nodes', [])).map(({ metadata }) => metadata.name);
    await run('label', 'node', ...nodes, 'kubernetes.io/arch=amd64', '--overwrite');
  }, 120_000);

  // They have the same host, which belongs to the oldest.
  afterEach(async () => {
    const unprotected = JSON.stringify({ spec: { deletion: { protected: false } } });
    for (const { metadata } of await list(cluster(), 'dhakacartstores', ['-A'])) {
      const store = [`dcs/${metadata.name}`, '-n', metadata.namespace];
      await run('patch', ...store, '--type=merge', '-p', unprotected);
      await run('delete', ...store, '--timeout=60s');
    }
  }, 120_000);

  async function database(namespace: string): Promise<void> {
    await secret(namespace, 'shop-db', {
      host: 'shop.abcdefghijkl.ap-south-1.rds.amazonaws.com',
      port: '5432',
      database: 'shop',
      username: 'shop_owner',
      password: 'a-password',
    });
    await secret(namespace, 'rds-ca', { 'ca.crt': createAuthority('rds').certificate });
    await secret(namespace, 'smtp', { password: 'another' });
  }

  /** What the platform has, and what the controller of its Gateway does with the routes of the store. */
  async function attached(namespace: string): Promise<void> {
    const platform = new PlayedGateway(cluster);
    const shared = { name: 'shared', namespace: 'infra' };
    await run('create', 'namespace', 'infra');
    await platform.installClass('played');
    await platform.installGateway(shared, 'played');
    await platform.program(shared, '203.0.113.9');
    for (const name of ['dhaka-route', 'dhaka-redirect']) {
      await eventually(() => platform.judgeRoute({ name, namespace }));
    }
  }

  const samples: Readonly<Record<string, Sample>> = {
    minimal: { reaches: ready },
    namespaced: { reaches: ready },
    maintenance: {
      reaches: { ...ready, MaintenanceActive: { status: 'True' } },
    },
    production: {
      before: database,
      // Nobody issues here, and the shop sells all the same.
      reaches: {
        ...ready,
        DatabaseReady: { status: 'True' },
        TLSReady: { reason: 'IssuerNotReady' },
      },
    },
    gateway: {
      after: attached,
      reaches: {
        ...ready,
        ExposureReady: { status: 'True', reason: 'Ready' },
        TLSReady: { status: 'True', reason: 'PlatformCertificate' },
      },
    },
    'external-secrets': {
      after: (namespace) => playExternalSecrets(cluster(), namespace),
      reaches: { ...ready, SecretsReady: { status: 'True' } },
    },
  };

  it('are all tried here', () => {
    const files = readdirSync(samplesFolder).map((file) => file.replace(/\.yaml$/, ''));
    expect(Object.keys(samples).toSorted()).toEqual(files.toSorted());
  });

  it.each(Object.entries(samples))(
    '%s does what it says',
    async (name, { before, after, reaches }) => {
      const namespace = `sample-${name}`;
      await run('create', 'namespace', namespace);
      await run('label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted');
      await before?.(namespace);
      const text = readFileSync(`${samplesFolder}${name}.yaml`, 'utf8');
      const sample = parse(text) as { metadata: { name: string; namespace?: string } };
      const metadata = { ...sample.metadata, namespace };

      await mustRun(cluster(), ['apply', '-f', '-'], stringify({ ...sample, metadata }));
      await after?.(namespace);

      const store = (): Promise<LiveObject> =>
        read(cluster(), [`dcs/${metadata.name}`, '-n', namespace]);
      await eventually(async () => {
        const now = await store();
        for (const [type, expected] of Object.entries(reaches)) {
          expect(condition(now, type), type).toMatchObject(expected);
        }
      }, patience);
      const events = await list(cluster(), 'events.events.k8s.io', ['-n', namespace]);
      expect(
        events.map((event) => String(event['note'])).filter((note) => refusedPods.test(note)),
      ).toEqual([]);
    },
  );
});
