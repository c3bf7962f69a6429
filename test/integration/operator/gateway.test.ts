// The way through a Gateway on a real control plane with the CRDs of the Gateway API, as they are published. No Gateway runs
// here: the tests write what its controller would.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { installOperatorRole } from '../../../dev/operator-role.ts';
import type { RunningOperator } from '../../../operator/app.ts';
import { defaultSettings, withSettings } from '../../../operator/runtime/settings.ts';
import { capturedLog, repeatedLines } from '../../support/captured-log.ts';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { gatewayController, PlayedGateway } from '../../support/gateway-api.ts';
import { kubectlIn } from '../../support/kubectl-in.ts';
import { startOperatorAs } from '../../support/operator.ts';
import { probe, samples, total } from '../../support/operator-pages.ts';
import { installPublishedCrds, removePublishedCrds } from '../../support/published-crds.ts';
import {
  childResources,
  condition,
  installIngressClass,
  list,
  type LiveObject,
  readyStore,
} from '../../support/stores.ts';

const goldens = fileURLToPath(new URL('../../golden/gateway-api', import.meta.url));

/** What the contract gives the operator to notice that an API came or went. */
const arrivalMs = 60_000;
/** A change in the cluster must be seen within seconds: the operator watches. */
const noticeMs = 5_000;
/** A write that repeats itself comes at once. */
const quietMs = 4_000;

const shared = { name: 'shared', namespace: 'infra' };
const attached = { parentRef: { ...shared, sectionName: 'https', httpSectionName: 'http' } };

describe('the way to a store through a Gateway', { timeout: 200_000 }, () => {
  const cluster = withOwnCluster();
  const namespace = withNamespace('gateway', cluster);
  const platform = new PlayedGateway(cluster);
  const { log, lines } = capturedLog();
  let operator: RunningOperator;
  beforeAll(async () => {
    const kubeconfig = await installOperatorRole(cluster());
    const settings = withSettings(defaultSettings, { queue: { waitingDelayMs: 1_000 } });
    operator = await startOperatorAs(kubeconfig, { settings, log });
    await mustRun(cluster(), ['create', 'namespace', 'infra']);
  }, 400_000);
  afterAll(() => operator?.stop());

  const { get, applyStore, merge: patch } = kubectlIn(cluster, namespace);
  const place = (name: string) => ({ name, namespace: namespace() });
  const merge = (store: string, spec: object): Promise<string> => patch(`dcs/${store}`, { spec });
  const judged = (
    name: string,
    type: string,
    expected: object,
    timeoutMs = noticeMs,
  ): Promise<LiveObject> =>
    eventually(
      async () => {
        const store = await get(`dcs/${name}`);
        expect(condition(store, type)).toMatchObject(expected);
        return store;
      },
      { timeoutMs },
    );
  const ways = async (store: string): Promise<readonly string[]> => {
    const label = `app.kubernetes.io/instance=${store}`;
    const kinds = 'ingresses,httproutes,listenersets,gateways';
    const found = await list(cluster(), kinds, ['-n', namespace(), '-l', label]);
    return found.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  };
  const waysAre = (store: string, expected: readonly string[]): Promise<void> =>
    eventually(async () => expect(await ways(store)).toEqual(expected), { timeoutMs: noticeMs });

  describe('in a cluster without the Gateway API', () => {
    it('is an Ingress under Auto, or nothing, and the store is Ready all the same', async () => {
      await readyStore(cluster(), namespace(), 'shop', { exposure: { gateway: attached } });
      const store = await judged('shop', 'ExposureReady', {
        status: 'False',
        reason: 'NoController',
        message: expect.stringContaining('there is no Gateway API'),
      });
      expect(store['status'].exposure).toEqual({ mode: 'None' });
    });

    it('is missed when the owner asks for it, in a sentence that tells what to install', async () => {
      await applyStore('asked', { exposure: { mode: 'Gateway', gateway: attached } });
      const unreachable = { status: 'False', reason: 'NotReachable' };
      const store = await judged('asked', 'Ready', unreachable, 60_000);
      expect(condition(store, 'Stalled')?.reason).toBe('GatewayApiNotInstalled');
      expect(condition(store, 'ExposureReady')?.message).toContain('install its CRDs');
    });
  });

  describe('once the API is there', () => {
    it('is made within a minute, and waits for its Gateway', async () => {
      await installPublishedCrds(cluster(), 'gateway-api');
      for (const name of ['shop', 'asked']) {
        const expected = { status: 'False', reason: 'GatewayNotFound' };
        const store = await judged(name, 'ExposureReady', expected, arrivalMs);
        expect(condition(store, 'ExposureReady')?.message).toContain('Gateway infra/shared');
        expect(await ways(name)).toEqual([`HTTPRoute/${name}-redirect`, `HTTPRoute/${name}-route`]);
      }
    });

    it.each(readdirSync(goldens))('is what the API server takes: %s', async (file) => {
      const { objects } = parse(readFileSync(`${goldens}/${file}`, 'utf8')) as {
        objects: readonly { kind: string; name: string; spec: object }[];
      };
      for (const { kind, name, spec } of objects) {
        const apiVersion = 'gateway.networking.k8s.io/v1';
        const manifest = { apiVersion, kind, metadata: { name, namespace: 'infra' }, spec };
        const args = ['apply', '--dry-run=server', '--validate=strict', '-f', '-'];
        await mustRun(cluster(), args, JSON.stringify(manifest));
      }
    });

    it('waits for the controller of the Gateway', async () => {
      await platform.installClass('played');
      await platform.installGateway(shared, 'played');
      const store = await judged('shop', 'ExposureReady', { reason: 'RoutePending' });
      expect(condition(store, 'ExposureReady')?.message).toContain(gatewayController);
    });

    it('is ready when the controller took the routes and has an address', async () => {
      for (const name of ['shop-route', 'shop-redirect']) await platform.judgeRoute(place(name));
      await platform.program(shared);
      await judged('shop', 'ExposureReady', { status: 'False', reason: 'AddressPending' });

      await platform.program(shared, '203.0.113.9');
      const store = await judged('shop', 'ExposureReady', { status: 'True', reason: 'Ready' });
      expect(store['status']).toMatchObject({
        url: 'https://shop.example.com',
        tls: { mode: 'Platform' },
        exposure: {
          mode: 'Gateway',
          className: 'played',
          gateway: 'infra/shared',
          controller: gatewayController,
          urls: ['https://shop.example.com'],
          addresses: ['203.0.113.9'],
          edgePolicy: {
            httpsRedirect: 'Edge',
            hsts: 'Edge',
            maxBodySize: 'App',
            requestTimeout: 'Edge',
          },
        },
      });
      const certificate = condition(store, 'TLSReady');
      expect(certificate).toMatchObject({ status: 'True', reason: 'PlatformCertificate' });
      await expect(get('secret/shop-tls')).rejects.toThrow('not found');
    });

    it('tells why a Gateway refuses it and what to do, until it does not', async () => {
      await platform.judgeRoute(place('asked-redirect'));
      await platform.judgeRoute(place('asked-route'), {
        type: 'Accepted',
        status: 'False',
        reason: 'NotAllowedByListeners',
        message: 'no listener allows it',
      });
      const store = await judged('asked', 'Stalled', { reason: 'RouteNotAccepted' }, 30_000);
      const message = condition(store, 'ExposureReady')?.message;
      expect(message).toContain('Gateway infra/shared refuses HTTPRoute asked-route');
      expect(message).toContain(`allow namespace ${namespace()} in allowedRoutes`);

      await platform.judgeRoute(place('asked-route'), {
        type: 'ResolvedRefs',
        status: 'False',
        reason: 'RefNotPermitted',
      });
      await judged('asked', 'ExposureReady', { status: 'False', reason: 'RefNotPermitted' });

      await platform.judgeRoute(place('asked-route'));
      await judged('asked', 'Ready', { status: 'True' });
    });

    it('believes nothing that was said of an earlier route', async () => {
      await merge('shop', { hosts: ['shop.example.com', 'www.example.com'] });
      await judged('shop', 'ExposureReady', { status: 'False', reason: 'RoutePending' });
      for (const name of ['shop-route', 'shop-redirect']) await platform.judgeRoute(place(name));
      await judged('shop', 'ExposureReady', { status: 'True' });
    });

    it('is not written again when nothing has changed', async () => {
      const label = 'app.kubernetes.io/instance=shop';
      const versions = async (): Promise<readonly string[]> => {
        const kinds = `${childResources},httproutes,listenersets,gateways`;
        const found = await list(cluster(), kinds, ['-n', namespace(), '-l', label]);
        return [await get('dcs/shop'), ...found].map(({ metadata }) => metadata.resourceVersion);
      };
      const looks = async (): Promise<number> =>
        (await samples(operator, 'objects_applied_total'))
          .filter(({ labels }) => labels.includes('HTTPRoute') && labels.includes('unchanged'))
          .reduce((sum, { value }) => sum + value, 0);
      await eventually(async () => {
        // The hosts have changed, so the pods of the shop are being replaced.
        const seen = await looks();
        const touch = ['annotate', 'dcs/shop', '-n', namespace(), '--overwrite'];
        await mustRun(cluster(), [...touch, `example.com/touched=${performance.now()}`]);
        await eventually(async () => expect(await looks()).toBeGreaterThan(seen));
        const before = await versions();
        await sleep(quietMs);
        expect(await versions()).toEqual(before);
      });
    });
  });

  describe('with listeners of its own', () => {
    it('has a certificate of its own at a Gateway of the platform that allows it', async () => {
      const gateway = { attach: 'ListenerSet', parentRef: shared };
      await applyStore('set', { exposure: { mode: 'Gateway', gateway } });
      await judged('set', 'ExposureReady', { reason: 'RoutePending' }, 30_000);

      await platform.judgeListeners(place('set-listeners'), {
        status: 'False',
        reason: 'NotAllowed',
      });
      const store = await judged('set', 'ExposureReady', { reason: 'ListenersNotAccepted' });
      expect(condition(store, 'ExposureReady')?.message).toContain('spec.allowedListeners');

      await platform.judgeListeners(place('set-listeners'));
      for (const name of ['set-route', 'set-redirect']) await platform.judgeRoute(place(name));
      const ready = await judged('set', 'ExposureReady', { status: 'True' });
      expect(condition(ready, 'TLSReady')).toMatchObject({ reason: 'SelfSigned' });
      await get('secret/set-tls');
    });

    it('has a Gateway of its own, of the class that the owner names', async () => {
      const gateway = { attach: 'Gateway', gatewayClassName: 'missing' };
      await applyStore('own', { exposure: { mode: 'Gateway', gateway } });
      await judged('own', 'Stalled', { reason: 'ClassNotFound' }, 30_000);

      await merge('own', { exposure: { gateway: { gatewayClassName: 'played' } } });
      await judged('own', 'ExposureReady', { reason: 'RoutePending' });
      for (const name of ['own-route', 'own-redirect']) await platform.judgeRoute(place(name));
      await platform.program(place('own-gateway'), '203.0.113.10');
      const store = await judged('own', 'Ready', { status: 'True' }, 30_000);
      expect(store['status'].exposure).toMatchObject({
        gateway: `${namespace()}/own-gateway`,
        addresses: ['203.0.113.10'],
      });
    });

    it.each([
      ['httproute/own-route', { spec: { hostnames: ['else.example.com'] } }],
      ['gateway/own-gateway', { spec: { gatewayClassName: 'else' } }],
      ['listenerset/set-listeners', { spec: { parentRef: { name: 'else' } } }],
    ])('has every drift of %s set back', async (object, change) => {
      const before = (await get(object))['spec'];
      await patch(object, change);
      await eventually(async () => expect((await get(object))['spec']).toEqual(before), {
        timeoutMs: noticeMs,
      });
    });
  });

  describe('instead of an Ingress', () => {
    it('takes over when it works, and gives back when the Ingress works', async () => {
      await installIngressClass(cluster(), 'traefik', {
        controller: 'traefik.io/ingress-controller',
      });
      await readyStore(cluster(), namespace(), 'moved', { exposure: { mode: 'Ingress' } });
      const loadBalancer = { ingress: [{ ip: '203.0.113.7' }] };
      const serve = (): Promise<string> =>
        patch('ingress/moved-ingress', { status: { loadBalancer } }, '--subresource=status');
      await serve();
      await judged('moved', 'ExposureReady', { status: 'True' });

      await merge('moved', { exposure: { mode: 'Gateway', gateway: attached } });
      const store = await judged('moved', 'ExposureReady', { reason: 'RoutePending' });
      expect(condition(store, 'ExposureReady')?.message).toContain('Ingress of before stays');
      const routes = ['HTTPRoute/moved-redirect', 'HTTPRoute/moved-route'];
      expect(await ways('moved')).toEqual(['Ingress/moved-ingress', ...routes]);
      await get('secret/moved-tls');

      for (const name of ['moved-route', 'moved-redirect']) await platform.judgeRoute(place(name));
      await waysAre('moved', routes);
      await eventually(async () => expect(get('secret/moved-tls')).rejects.toThrow('not found'));

      await merge('moved', { exposure: { mode: 'Ingress' } });
      await waysAre('moved', ['Ingress/moved-ingress', ...routes]);
      await serve();
      await waysAre('moved', ['Ingress/moved-ingress']);
    });

    it('goes at once when the owner wants neither', async () => {
      await merge('own', { exposure: { mode: 'None' } });
      await waysAre('own', []);
      await judged('own', 'ExposureReady', { status: 'True', reason: 'NotExposed' });
    });
  });

  describe('when the API goes', () => {
    it('is named as missing within a minute, and comes back with the API', async () => {
      await removePublishedCrds(cluster(), 'gateway-api');
      await judged('asked', 'ExposureReady', { reason: 'GatewayApiNotInstalled' }, arrivalMs);
      // Under Auto the class of Ingresses that is there by now takes over.
      await judged('shop', 'ExposureReady', { reason: 'AddressPending' }, arrivalMs);
      await get('ingress/shop-ingress');

      await installPublishedCrds(cluster(), 'gateway-api');
      await judged('asked', 'ExposureReady', { reason: 'GatewayNotFound' }, arrivalMs);
      await platform.installClass('played');
      await platform.installGateway(shared, 'played');
      await platform.program(shared, '203.0.113.9');
      for (const name of ['asked-route', 'asked-redirect', 'shop-route', 'shop-redirect']) {
        await eventually(() => platform.judgeRoute(place(name)));
      }
      await judged('asked', 'Ready', { status: 'True' }, 30_000);
      await judged('shop', 'ExposureReady', { status: 'True' });
      await waysAre('shop', ['HTTPRoute/shop-redirect', 'HTTPRoute/shop-route']);
    });

    it('has left the operator as it was: nothing panicked and no line repeats itself', async () => {
      expect(await total(operator, 'controller_runtime_reconcile_panics_total')).toBe(0);
      expect(repeatedLines(lines)).toEqual([]);
      expect(lines.filter(({ level }) => level > 40)).toEqual([]);
      expect([await probe(operator, '/readyz'), await probe(operator, '/healthz')]).toEqual([
        200, 200,
      ]);
    });
  });
});
