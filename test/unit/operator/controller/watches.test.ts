import { afterEach, describe, expect, it } from 'vitest';
import {
  gatewayClassResource,
  gatewayResource,
  httpRouteResource,
  issuerResource,
  optionalKinds,
  prunedKinds,
  secretResource,
  storeResource,
} from '../../../../operator/controller/kinds.ts';
import { StoreWatches, type WatchedChange } from '../../../../operator/controller/watches.ts';
import { TransientError } from '../../../../operator/errors.ts';
import { fieldManager } from '../../../../operator/names.ts';
import type { ApiRequest } from '../../../../operator/runtime/api-client.ts';
import type { KubeObject, ResourceKind } from '../../../../operator/runtime/kube-object.ts';
import { defaultSettings } from '../../../../operator/runtime/settings.ts';
import { anItem, page, ScriptedWatchClient } from '../../../support/a-reflector.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { type Answering, hanging, httpFailure } from '../../../support/scripted-client.ts';

const routes = '/apis/gateway.networking.k8s.io/v1/httproutes';
const gateways = '/apis/gateway.networking.k8s.io/v1/gateways';

const aRoute: KubeObject = {
  ...anItem('dhaka-route', 5),
  metadata: {
    ...anItem('dhaka-route', 5).metadata,
    labels: { 'app.kubernetes.io/instance': 'dhaka' },
  },
};

const withRoute = ({ path }: ApiRequest): unknown => page(9, path === routes ? [aRoute] : []);

const started: StoreWatches[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((watches) => watches.stop()));
});

/** Watches in a cluster that serves what is in `served`, by kind. */
async function someWatches(served: Set<string>, answer: Answering = withRoute) {
  const clock = new FakeClock();
  const client = new ScriptedWatchClient(answer);
  const heard: string[] = [];
  const changes: WatchedChange[] = [];
  const watches: StoreWatches = new StoreWatches({
    client,
    clock,
    manager: fieldManager,
    settings: defaultSettings.reflector,
    observer: { listed: () => {}, watchEvent: () => {}, failed: () => {} },
    onChange: (change) => changes.push(change),
    isServed: ({ kind }) => served.has(kind),
    namespaces: [],
    onNamespace: () => {},
    onServed: (kind) => heard.push(`${kind.kind} ${watches.availability(kind, 'shop')}`),
  });
  started.push(watches);
  watches.start();
  await clock.advance(1);
  return { clock, client, heard, changes, watches, served };
}

describe('an optional kind', () => {
  it('is neither asked for nor missed while the cluster does not serve it', async () => {
    const { client, watches } = await someWatches(new Set());
    await watches.whenSynced();

    expect(client.lines().filter((line) => line.includes('gateway'))).toEqual([]);
    expect(watches.availability(httpRouteResource, 'shop')).toBe('absent');
    expect([...watches.cache(httpRouteResource).list()]).toEqual([]);
    expect(watches.objects(gatewayResource)).toEqual([]);
    expect(watches.children(httpRouteResource, 'shop/dhaka')).toEqual([]);
    expect(() => watches.lookup(httpRouteResource)).toThrow(TransientError);
    expect(() => watches.lookup({ apiVersion: 'v1', kind: 'Node' })).toThrow('is not watched');
  });

  it('is listed when it comes, and told of when its objects are known', async () => {
    const { client, clock, heard, watches, served } = await someWatches(new Set());
    served.add('HTTPRoute');
    watches.adapt();
    watches.adapt();
    expect(watches.availability(httpRouteResource, 'shop')).toBe('unlisted');
    await clock.advance(1);

    expect(client.requests.filter(({ path }) => path === routes)).toHaveLength(1);
    expect(heard).toEqual(['HTTPRoute served']);
    expect(watches.children(httpRouteResource, 'shop/dhaka')).toHaveLength(1);
    expect(watches.lookup(httpRouteResource).kind).toBe(httpRouteResource);
    expect(watches.reflectors().map(({ kind }) => kind)).toContain(httpRouteResource);
  });

  it('leaves nothing behind when it goes, and comes back with a list of its own', async () => {
    const { client, clock, heard, watches, served } = await someWatches(new Set(['HTTPRoute']));
    served.delete('HTTPRoute');
    watches.adapt();
    await clock.advance(1);

    expect(heard).toEqual(['HTTPRoute served', 'HTTPRoute absent']);
    expect(watches.children(httpRouteResource, 'shop/dhaka')).toEqual([]);
    expect(watches.reflectors().map(({ kind }) => kind)).not.toContain(httpRouteResource);
    const watched = client.streams.find(({ request }) => request.path === routes);
    expect(watched?.isClosed).toBe(true);
    served.add('HTTPRoute');
    watches.adapt();
    await clock.advance(1);
    expect(client.requests.filter(({ path }) => path === routes)).toHaveLength(2);
    expect(heard.at(-1)).toBe('HTTPRoute served');
  });

  it('that cannot be listed holds nobody up for longer than ten seconds', async () => {
    const refused = (request: ApiRequest): unknown =>
      request.path === routes ? httpFailure(403, 'Forbidden') : withRoute(request);
    const { clock, watches } = await someWatches(new Set(['HTTPRoute']), refused);
    let isSynced = false;
    const synced = watches.whenSynced().then(() => (isSynced = true));
    await clock.advance(9_000);
    expect(isSynced).toBe(false);
    await clock.advance(2_000);
    await synced;

    expect(watches.problems()).toEqual([]);
    expect(watches.availability(httpRouteResource, 'shop')).toBe('unlisted');
  });

  it('is watched by label where all objects are of stores, and whole where some are of others', async () => {
    const { client } = await someWatches(new Set(['HTTPRoute', 'Gateway']));
    const selector = (path: string): string | undefined =>
      client.requests.find((request) => request.path === path)?.query?.['labelSelector'];
    expect(selector(routes)).toBe('app.kubernetes.io/managed-by=dhakacart-operator');
    expect(selector(gateways)).toBeUndefined();
  });

  it('is pruned unless it is of others', () => {
    const pruned = optionalKinds.flatMap(({ kind }) =>
      prunedKinds.includes(kind) ? kind.kind : [],
    );
    expect(pruned).toEqual([
      'HTTPRoute',
      'ListenerSet',
      'Gateway',
      'ExternalSecret',
      'SecretStore',
      'Certificate',
      'Issuer',
    ]);
  });
});

describe('a required kind', () => {
  it('that was not listed yet is named', async () => {
    const { watches } = await someWatches(new Set(), (request) =>
      request.path === '/api/v1/secrets' ? hanging(request) : withRoute(request),
    );
    expect(watches.problems().map(({ message }) => message)).toEqual(['not listed yet: secrets']);
    expect([watches.isServing('shop'), watches.isServingAny()]).toEqual([false, false]);
  });

  it('that is refused is named with the remedy', async () => {
    const { watches } = await someWatches(new Set(), (request) =>
      request.path === '/api/v1/secrets' ? httpFailure(403, 'Forbidden') : withRoute(request),
    );
    expect(watches.problems()).toMatchObject([{ namespace: undefined, isRefused: true }]);
    expect(watches.problems()[0]?.message).toContain('secrets: see that the ClusterRole');
  });
});

describe('a host of several stores', () => {
  const host = 'shop.example.com';
  const store = (name: string, spec: object = {}): KubeObject => ({
    ...anItem(name, 5),
    apiVersion: 'dhakacart.io/v1alpha1',
    kind: 'DhakaCartStore',
    spec: { version: '1.0.0', hosts: [host], ...spec },
  });
  // Of the same second, so the UID decides: it ends in the name.
  const stores = [
    store('a', { hosts: ['www.example.com', host] }),
    store('b', { exposure: { mode: 'None' } }),
    store('c'),
    store('d', { hosts: ['d.example.com'] }),
    store('e'),
  ];
  const answer: Answering = ({ path }) => page(9, path.endsWith('/dhakacartstores') ? stores : []);
  const entry = (object: KubeObject) => ({ object, owned: undefined, lastOtherManager: undefined });
  const woken = async (before?: KubeObject, after?: KubeObject): Promise<readonly string[]> => {
    const { watches } = await someWatches(new Set(), answer);
    return watches.storesOf({
      kind: storeResource,
      key: `shop/${(after ?? before)?.metadata.name}`,
      before: before && entry(before),
      after: after && entry(after),
    });
  };

  it('is found by it, unless it is exposed in another way', async () => {
    const { watches } = await someWatches(new Set(), answer);
    expect(watches.storesAt(host).map(({ metadata }) => metadata.name)).toEqual(['a', 'c', 'e']);
  });

  it.each([
    [
      'a store that goes wakes the younger ones',
      store('a'),
      undefined,
      ['shop/a', 'shop/c', 'shop/e'],
    ],
    ['so does one that comes', undefined, store('c'), ['shop/c', 'shop/e']],
    ['the youngest wakes nobody', undefined, store('e'), ['shop/e']],
    [
      'one that takes another host wakes those of before and after',
      store('a'),
      store('a', { hosts: ['d.example.com'] }),
      ['shop/a', 'shop/c', 'shop/e', 'shop/d'],
    ],
    ['one that is not valid has none', undefined, store('a', { version: '' }), ['shop/a']],
  ])('%s', async (_title, before, after, keys) => {
    expect(await woken(before, after)).toEqual(keys);
  });
});

describe('what stores refer to', () => {
  const refersTo = (name: string, spec: object): KubeObject => ({
    ...anItem(name, 5),
    apiVersion: 'dhakacart.io/v1alpha1',
    kind: 'DhakaCartStore',
    metadata: { ...anItem(name, 5).metadata, namespace: 'shop' },
    spec: { version: '1.0.0', hosts: ['shop.example.com'], ...spec },
  });
  const env = [
    { name: 'A', valueFrom: { secretKeyRef: { name: 'smtp', key: 'password' } } },
    { name: 'B', valueFrom: { configMapKeyRef: { name: 'smtp', key: 'host' } } },
  ];
  const stores = [
    refersTo('dhaka', { api: { env } }),
    refersTo('khulna', { tls: { mode: 'ExistingSecret', secretName: 'smtp' } }),
    refersTo('sylhet', { tls: { mode: 'ExistingSecret', secretName: 'other' } }),
    refersTo('broken', { hosts: [], tls: { mode: 'ExistingSecret', secretName: 'smtp' } }),
    refersTo('bogura', {
      exposure: { mode: 'Gateway', gateway: { parentRef: { name: 'public', namespace: 'infra' } } },
      tls: { mode: 'CertManager', issuerRef: { name: 'house' } },
    }),
    refersTo('jashore', {
      exposure: { mode: 'Gateway', gateway: { parentRef: { name: 'dhaka-gateway' } } },
      tls: { mode: 'ExistingSecret', secretName: 'dhaka-cert' },
    }),
  ];
  const isMetadataList = ({ accept = '' }: ApiRequest): boolean =>
    accept.includes('PartialObjectMetadataList');
  const object = (name: string): KubeObject => ({
    ...anItem(name, 6),
    metadata: {
      ...anItem(name, 6).metadata,
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'hunter2' },
    },
  });
  const answer: Answering = (request) => {
    if (request.path.endsWith('/dhakacartstores')) return page(9, stores);
    const isAsked = request.path === '/api/v1/secrets' || request.path === '/api/v1/configmaps';
    return page(9, isAsked && isMetadataList(request) ? [object('smtp'), object('free')] : []);
  };

  it('is heard of by the stores that name it, and by no other', async () => {
    const { watches, changes } = await someWatches(new Set(), answer);
    const woken = changes
      .filter(({ kind }) => kind.kind.startsWith('Referenced'))
      .map((change) => [change.kind.kind, change.key, watches.storesOf(change)]);
    expect(woken).toEqual([
      ['ReferencedSecret', 'shop/smtp', ['shop/dhaka', 'shop/khulna']],
      ['ReferencedSecret', 'shop/free', []],
      ['ReferencedConfigMap', 'shop/smtp', ['shop/dhaka']],
      ['ReferencedConfigMap', 'shop/free', []],
    ]);
  });

  it.each<[string, ResourceKind, string, readonly string[]]>([
    ['a Gateway of the platform', gatewayResource, 'infra/public', ['shop/bogura']],
    ['a Gateway that nobody names', gatewayResource, 'infra/internal', []],
    ['a Gateway of a store', gatewayResource, 'shop/dhaka-gateway', ['shop/dhaka', 'shop/jashore']],
    ['an Issuer of the owner’s', issuerResource, 'shop/house', ['shop/bogura']],
    ['an Issuer of a store', issuerResource, 'shop/dhaka-acme', ['shop/dhaka']],
    [
      'a Secret of another store',
      secretResource,
      'shop/dhaka-cert',
      ['shop/dhaka', 'shop/jashore'],
    ],
  ])(
    'is heard of where it is %s, by nobody whom it does not concern',
    async (_, kind, key, expected) => {
      const { watches } = await someWatches(new Set(), answer);
      const [namespace = '', name = ''] = key.split('/');
      const labels = name.startsWith('dhaka-') ? { 'app.kubernetes.io/instance': 'dhaka' } : {};
      const changed = anItem(name, 7);
      const after = {
        object: { ...changed, metadata: { ...changed.metadata, namespace, labels } },
        owned: undefined,
        lastOtherManager: undefined,
      };
      expect(watches.storesOf({ kind, key, before: undefined, after })).toEqual(expected);
    },
  );

  it('is heard of by every store where it belongs to the cluster', async () => {
    const { watches } = await someWatches(new Set(), answer);
    const change = {
      kind: gatewayClassResource,
      key: 'nginx',
      before: undefined,
      after: undefined,
    };
    expect(watches.storesOf(change)).toHaveLength(stores.length);
  });

  it('is never held: neither a value nor what kubectl keeps of one', async () => {
    const { changes } = await someWatches(new Set(), answer);
    const held = changes.filter(({ kind }) => kind.kind.startsWith('Referenced'));
    expect(JSON.stringify(held)).not.toContain('hunter2');
    expect(held[0]?.after?.object.metadata).toEqual({
      name: 'smtp',
      namespace: 'shop',
      uid: expect.any(String) as string,
      resourceVersion: '6',
    });
  });

  it('is watched by metadata, without what the operator made and without what clusters are full of', async () => {
    const { client } = await someWatches(new Set(), answer);
    const queries = client.requests.filter(isMetadataList).map(({ path, query }) => [path, query]);
    const labelSelector = 'app.kubernetes.io/managed-by!=dhakacart-operator';
    expect(queries).toEqual([
      [
        '/api/v1/secrets',
        {
          labelSelector,
          fieldSelector: 'type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token',
          limit: '500',
        },
      ],
      [
        '/api/v1/configmaps',
        { labelSelector, fieldSelector: 'metadata.name!=kube-root-ca.crt', limit: '500' },
      ],
    ]);
  });
});
