import { afterEach, describe, expect, it } from 'vitest';
import {
  gatewayClassResource,
  httpRouteResource,
  ingressClassResource,
  secretResource,
  storeResource,
} from '../../../../operator/controller/kinds.ts';
import { StoreWatches } from '../../../../operator/controller/watches.ts';
import { fieldManager } from '../../../../operator/names.ts';
import type { ApiRequest } from '../../../../operator/runtime/api-client.ts';
import type { KubeObject } from '../../../../operator/runtime/kube-object.ts';
import { defaultSettings } from '../../../../operator/runtime/settings.ts';
import { anItem, event, page, ScriptedWatchClient } from '../../../support/a-reflector.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { type Answering, hanging, httpFailure } from '../../../support/scripted-client.ts';

const storesOf = (namespace: string): string =>
  `/apis/dhakacart.io/v1alpha1/namespaces/${namespace}/dhakacartstores`;

function aStoreIn(namespace: string, version: number): KubeObject {
  const item = anItem('dhaka', version, `uid-${namespace}`);
  return { ...item, metadata: { ...item.metadata, namespace } };
}

/** Each namespace has one store, and nothing else. */
const withStores = ({ path }: ApiRequest): unknown => {
  const namespace = /\/namespaces\/([^/]+)\/dhakacartstores$/.exec(path)?.[1];
  return page(9, namespace === undefined ? [] : [aStoreIn(namespace, 5)]);
};

const started: StoreWatches[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((watches) => watches.stop()));
});

/** Watches of two namespaces of a cluster that serves the Gateway API. */
async function twoNamespaces(answer: Answering = withStores) {
  const clock = new FakeClock();
  const client = new ScriptedWatchClient(answer);
  const heard: string[] = [];
  const served = new Set(['HTTPRoute', 'GatewayClass', 'IngressClass']);
  const watches: StoreWatches = new StoreWatches({
    client,
    clock,
    manager: fieldManager,
    settings: defaultSettings.reflector,
    observer: { listed: () => {}, watchEvent: () => {}, failed: () => {} },
    namespaces: ['shop-a', 'shop-b'],
    onChange: () => {},
    isServed: ({ kind }) => served.has(kind),
    onServed: ({ kind }, namespace) => heard.push(`${kind} in ${namespace}`),
    onNamespace: (namespace, problem) =>
      heard.push(`${namespace} ${problem === undefined ? 'served' : 'refused'}`),
  });
  started.push(watches);
  watches.start();
  await clock.advance(1);
  const stores = (): string[] =>
    watches.objects(storeResource).map(({ metadata }) => `${metadata.namespace}`);
  return { clock, client, heard, served, watches, stores };
}

const refusing =
  (isRefused: (path: string) => boolean): Answering =>
  (request) =>
    isRefused(request.path) ? httpFailure(403, 'Forbidden') : withStores(request);

const inB = (path: string): boolean => path.includes('/namespaces/shop-b/');

describe('watches of single namespaces', () => {
  it('ask for nothing outside of them', async () => {
    const { client, watches } = await twoNamespaces();
    await watches.whenSynced();
    const asked = [...client.requests, ...client.watched].map(({ path }) => path);
    expect(asked.length).toBeGreaterThan(40);
    expect(asked.filter((path) => !/\/namespaces\/shop-[ab]\//.test(path))).toEqual([]);
  });

  it('fill one cache for each kind', async () => {
    const { stores, watches } = await twoNamespaces();
    expect(stores()).toEqual(['shop-a', 'shop-b']);
    expect([watches.isServing('shop-a'), watches.isServing('shop-b')]).toEqual([true, true]);
    expect([watches.isServing('shop-c'), watches.problems()]).toEqual([false, []]);
  });

  it('keep the objects of the one when the other is listed anew', async () => {
    const { client, clock, stores } = await twoNamespaces();
    client.answer = (request) =>
      request.path === storesOf('shop-b') ? page(20, []) : withStores(request);
    const stream = client.streams.find(({ request }) => request.path === storesOf('shop-b'));
    stream?.say(event('ERROR', { code: 410, reason: 'Expired' }));
    await clock.advance(2_000);
    expect(stores()).toEqual(['shop-a']);
  });

  it('leave what belongs to the cluster, and say so', async () => {
    const { served, watches } = await twoNamespaces();
    const ways = (): string[] =>
      [ingressClassResource, gatewayClassResource, httpRouteResource].map((kind) =>
        watches.availability(kind, 'shop-a'),
      );
    expect(ways()).toEqual(['unwatched', 'unwatched', 'served']);
    expect(watches.objects(ingressClassResource)).toEqual([]);
    served.delete('GatewayClass');
    expect(ways()).toEqual(['unwatched', 'absent', 'served']);
  });

  it('tell of an optional kind in each namespace', async () => {
    const { heard } = await twoNamespaces();
    expect(heard.filter((each) => each.startsWith('HTTPRoute'))).toEqual([
      'HTTPRoute in shop-a',
      'HTTPRoute in shop-b',
    ]);
  });
});

describe('a namespace that is refused', () => {
  it('takes nothing from the others and is named, once', async () => {
    const { clock, heard, stores, watches } = await twoNamespaces(refusing(inB));
    await watches.whenSynced();
    await clock.advance(60_000);

    expect(stores()).toEqual(['shop-a']);
    expect([watches.isServing('shop-a'), watches.isServing('shop-b')]).toEqual([true, false]);
    expect(watches.isServingAny()).toBe(true);
    expect(heard.filter((each) => !each.startsWith('HTTPRoute')).toSorted()).toEqual([
      'shop-a served',
      'shop-b refused',
    ]);
    const [problem, ...others] = watches.problems();
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ namespace: 'shop-b', isRefused: true });
    expect(problem?.message).toContain('in namespace shop-b: it does not exist, or lacks the Role');
  });

  it('is served soon after it is granted, and told of', async () => {
    const { client, clock, heard, watches } = await twoNamespaces(refusing(inB));
    await clock.advance(300_000);
    client.answer = withStores;
    const listed = (): number =>
      watches.reflectors().filter((each) => each.namespace === 'shop-b' && each.hasSynced).length;
    while (listed() === 0) await clock.advance(10);
    // The first that is granted wakes the others.
    await clock.advance(defaultSettings.reflector.backoffBaseMs);

    expect(clock.monotonic()).toBeLessThan(300_000 + defaultSettings.reflector.backoffMaxMs);
    expect(watches.isServing('shop-b')).toBe(true);
    expect(watches.problems()).toEqual([]);
    expect(heard.filter((each) => each.startsWith('shop-b'))).toEqual([
      'shop-b refused',
      'shop-b served',
    ]);
  });

  it('of one kind alone has its stores left alone', async () => {
    const isSecret = (path: string): boolean => inB(path) && path.endsWith('/secrets');
    const { clock, stores, watches } = await twoNamespaces(refusing(isSecret));
    await clock.advance(60_000);
    expect(stores()).toEqual(['shop-a', 'shop-b']);
    expect(watches.isServing('shop-b')).toBe(false);
    expect(watches.problems()[0]?.message).toContain('secrets in namespace shop-b');
  });

  it('for an optional kind alone is served, and the kind is not judged there', async () => {
    const isRoute = (path: string): boolean => inB(path) && path.endsWith('/httproutes');
    const { watches } = await twoNamespaces(refusing(isRoute));
    expect(watches.isServing('shop-b')).toBe(true);
    expect(watches.availability(httpRouteResource, 'shop-a')).toBe('served');
    expect(watches.availability(httpRouteResource, 'shop-b')).toBe('unlisted');
  });

  it('later, when its Role is taken away, has its stores left alone until it is back', async () => {
    const { client, clock, heard, watches } = await twoNamespaces();
    client.answer = refusing(inB);
    client.watchFailure = httpFailure(403, 'Forbidden');
    for (const stream of client.streams.filter(({ request }) => inB(request.path)))
      stream.say('end');
    await clock.advance(60_000);
    expect([watches.isServing('shop-a'), watches.isServing('shop-b')]).toEqual([true, false]);
    expect(heard.at(-1)).toBe('shop-b refused');

    client.answer = withStores;
    client.watchFailure = undefined;
    await clock.advance(defaultSettings.reflector.backoffMaxMs);
    expect([watches.isServing('shop-b'), heard.at(-1)]).toEqual([true, 'shop-b served']);
  });
});

describe('a namespace that does not answer', () => {
  it('holds the others up no more than one that is refused', async () => {
    const { watches } = await twoNamespaces((request) =>
      inB(request.path) ? hanging(request) : withStores(request),
    );
    await watches.whenSynced();
    expect(watches.isServing('shop-a')).toBe(true);
    const [problem] = watches.problems();
    expect(problem?.isRefused).toBe(false);
    expect(problem?.message).toMatch(/^not listed yet in namespace shop-b: dhakacartstores, /);
    expect(watches.cache(secretResource).size).toBe(0);
  });
});
