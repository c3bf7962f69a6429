// What an SRE reads when something goes wrong that is not the operator's to mend: `kubectl describe dcs` alone has to say what
// it is and what to do. Failing migrations are in release.test.ts; what a real kubelet says of an image is in test/e2e/shop.
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, issueCertificate } from '../../../dev/cluster/certificate.ts';
import { operatorRelease } from '../../../dev/helm-command.ts';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { kubectlIn } from '../../support/kubectl-in.ts';
import { withOperator } from '../../support/operator.ts';
import { condition, installIngressClass, list, read, readyStore } from '../../support/stores.ts';

/** One pod of each component: a rollout of three would take 20 s, since each new pod has to stay ready for a while. */
const single = {
  replicas: 1,
  autoscaling: { enabled: false },
  disruptionBudget: { enabled: false },
};
const spec = { api: single, web: single };

const patience = { timeoutMs: 60_000, intervalMs: 250 };

const host = 'shop.example.com';
const longAgo = { notBefore: new Date('2026-01-01'), notAfter: new Date('2026-02-01') };

interface Rule {
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

describe('a store that somebody has to help', { timeout: 180_000 }, () => {
  const cluster = withOwnCluster();
  withOperator(cluster, { queue: { waitingDelayMs: 1_000 } });
  const namespace = withNamespace('failures', cluster);
  const { get, run, apply, merge: patch } = kubectlIn(cluster, namespace);
  const merge = (change: object): Promise<string> => patch('dcs/shop', { spec: change });
  let server: Server | undefined;

  beforeAll(async () => {
    await installIngressClass(cluster(), 'traefik', {
      controller: 'traefik.io/ingress-controller',
    });
    await readyStore(cluster(), namespace(), 'neighbour', spec);
    await readyStore(cluster(), namespace(), 'shop', { ...spec, hosts: [host] });
  }, 180_000);
  afterAll(() => server?.close());

  interface Case {
    readonly breaks: () => Promise<unknown>;
    /** Texts that `kubectl describe` must have, whatever lines it breaks them into. */
    readonly says: readonly string[];
    readonly mends: () => Promise<unknown>;
  }

  const existingTls = (secretName: string) => ({ tls: { mode: 'ExistingSecret', secretName } });
  const ownTls = { tls: { mode: 'Auto', secretName: '' } };

  async function refusingWebhook(): Promise<void> {
    const authority = createAuthority('policies');
    const subject = { commonName: 'policies' };
    const usage = 'server' as const;
    const { certificate, key } = issueCertificate(authority, {
      subject,
      usage,
      hosts: ['127.0.0.1'],
    });
    server = createServer({ cert: certificate, key }, (request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      request.on('end', () => {
        const { uid } = (JSON.parse(text) as { request: { uid: string } }).request;
        const status = { message: 'images must come from registry.bank.example' };
        response.setHeader('content-type', 'application/json');
        response.end(
          JSON.stringify({
            apiVersion: 'admission.k8s.io/v1',
            kind: 'AdmissionReview',
            response: { uid, allowed: false, status },
          }),
        );
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await apply({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'images.bank.example' },
      webhooks: [
        {
          name: 'images.bank.example',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          clientConfig: {
            url: `https://127.0.0.1:${port}/`,
            caBundle: Buffer.from(authority.certificate).toString('base64'),
          },
          objectSelector: { matchLabels: { 'app.kubernetes.io/instance': 'shop' } },
          rules: [
            {
              apiGroups: ['apps'],
              apiVersions: ['v1'],
              resources: ['deployments'],
              operations: ['UPDATE'],
            },
          ],
        },
      ],
    });
  }

  const role = `clusterrole/${operatorRelease}`;
  const grant = (rules: readonly Rule[]): Promise<string> =>
    mustRun(cluster(), ['patch', role, '--type=merge', '-p', JSON.stringify({ rules })]);
  let granted: readonly Rule[] = [];

  async function forbidServices(): Promise<void> {
    granted = (await read(cluster(), [role]))['rules'];
    const isAbout = ({ resources }: Rule): boolean => resources.includes('services');
    const verbs = ['get', 'list', 'watch'];
    await grant(granted.map((rule) => (isAbout(rule) ? { ...rule, verbs } : rule)));
  }

  const image = 'registry.bank.example/web:typo';
  const nodes = (verb: 'cordon' | 'uncordon'): Promise<string> =>
    mustRun(cluster(), [verb, '-l', 'type=kwok']);

  /** A node that is played has every image: the pod waits for one, and is given the words of a kubelet. */
  async function refuseImage(): Promise<void> {
    await nodes('cordon');
    await merge({ web: { image } });
    const selector = 'app.kubernetes.io/instance=shop,app.kubernetes.io/component=web';
    const name = await eventually(async () => {
      const pods = await list(cluster(), 'pods', ['-n', namespace(), '-l', selector]);
      const pod = pods.find(({ spec: { containers } }) => containers[0].image === image);
      if (pod === undefined) throw new Error('no pod has the image yet');
      return pod.metadata.name;
    });
    const waiting = {
      reason: 'ImagePullBackOff',
      message: `Back-off pulling image "${image}": not found`,
    };
    const container = { name: 'web', image, imageID: '', ready: false, restartCount: 0 };
    const status = { containerStatuses: [{ ...container, state: { waiting } }] };
    await patch(`pod/${name}`, { status }, '--subresource=status');
  }

  const cases: Readonly<Record<string, Case>> = {
    'an image that cannot be pulled': {
      breaks: refuseImage,
      says: ['container web: ImagePullBackOff', `Back-off pulling image "${image}": not found`],
      mends: async () => {
        await merge({ web: { image: null } });
        await nodes('uncordon');
      },
    },
    'a Secret with the certificate that is missing': {
      breaks: () => merge(existingTls('bought')),
      says: [
        'MissingReference',
        'Secret bought does not exist',
        'kubectl create secret tls bought',
      ],
      mends: () => merge(ownTls),
    },
    'a certificate that has expired': {
      breaks: async () => {
        const authority = createAuthority('a test');
        const subject = { commonName: host };
        const pair = issueCertificate(authority, {
          subject,
          usage: 'server',
          hosts: [host],
          validity: longAgo,
        });
        const base64 = (text: string): string => Buffer.from(text).toString('base64');
        await apply({
          apiVersion: 'v1',
          kind: 'Secret',
          type: 'kubernetes.io/tls',
          metadata: { name: 'old' },
          data: { 'tls.crt': base64(pair.certificate), 'tls.key': base64(pair.key) },
        });
        await merge(existingTls('old'));
      },
      says: [
        'CertificateExpired',
        'the certificate in Secret old expired at 2026-02-01',
        'renew it',
      ],
      mends: () => merge(ownTls),
    },
    'a class of Ingress that is unknown': {
      breaks: () => merge({ exposure: { ingress: { className: 'treafik' } } }),
      says: ['ClassNotFound', 'IngressClass treafik does not exist', 'name another class'],
      mends: () => merge({ exposure: { ingress: { className: '' } } }),
    },
    'a quota of pods that is used up': {
      breaks: async () => {
        await run('create', 'quota', 'few', '--hard=pods=1');
        await eventually(async () => {
          const quota = await get('quota/few');
          expect(quota['status'].hard).toEqual({ pods: '1' });
        });
        await merge({ api: { replicas: 2 } });
      },
      says: ['exceeded quota: few'],
      mends: async () => {
        await run('delete', 'quota', 'few');
        await merge({ api: { replicas: 1 } });
      },
    },
    'a quota of objects that is used up': {
      breaks: async () => {
        await run('create', 'quota', 'none', '--hard=count/horizontalpodautoscalers.autoscaling=0');
        await merge({ web: { autoscaling: { enabled: true } } });
      },
      says: ['QuotaExceeded', 'shop-web', 'exceeded quota: none', 'raise that ResourceQuota'],
      mends: async () => {
        await run('delete', 'quota', 'none');
        await merge({ web: { autoscaling: { enabled: false } } });
      },
    },
    'a webhook that refuses': {
      breaks: async () => {
        await refusingWebhook();
        await merge({ api: { resources: { limits: { cpu: '2' } } } });
      },
      says: [
        'AdmissionDenied',
        'deployments/shop-api',
        'images must come from registry.bank.example',
      ],
      mends: () =>
        mustRun(cluster(), ['delete', 'validatingwebhookconfiguration', 'images.bank.example']),
    },
    'a verb that is forbidden to the operator': {
      breaks: async () => {
        await forbidServices();
        await run('delete', 'service/shop-web');
      },
      says: ['PermissionMissing', 'cannot patch resource "services"', 'upgrade its chart'],
      mends: () => grant(granted),
    },
  };

  it.each(Object.entries(cases))('tells of %s', async (_title, { breaks, says, mends }) => {
    const neighbour = (await get('dcs/neighbour')).metadata.resourceVersion;

    await breaks();

    await eventually(async () => {
      // kubectl breaks long lines.
      const told = (await run('describe', 'dcs/shop')).replaceAll(/\s+/g, ' ');
      for (const text of says) expect(told).toContain(text);
    }, patience);
    expect((await get('dcs/neighbour')).metadata.resourceVersion).toBe(neighbour);
    await mends();
    await eventually(async () => {
      const mended = await get('dcs/shop');
      expect(condition(mended, 'Ready')).toMatchObject({
        status: 'True',
        reason: 'AllComponentsReady',
      });
      expect(condition(mended, 'Ready')?.message).not.toContain('failed');
      expect(condition(mended, 'Stalled')).toBeUndefined();
    }, patience);
  });
});
