import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  defaultSettings,
  scaledSettings,
  withSettings,
} from '../../../operator/runtime/settings.ts';
import { withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { ConfigMaps, watchConfigMaps, type WatchedConfigMaps } from '../../support/config-maps.ts';
import { eventually } from '../../support/eventually.ts';
import {
  type HttpProxy,
  httpProxyOf,
  type ProxyAction,
  type RecordedRequest,
  statusBody,
} from '../../support/http-proxy.ts';
import { kubeconfigThrough } from '../../support/kubeconfig-through.ts';

// Back-off of a twentieth. Watches end after a second, in good order, so that there is always a next one to spoil; and
// pages are small, so that there are four of them.
const settings = withSettings(scaledSettings(defaultSettings, 0.05), {
  reflector: { pageSize: 10, watchTimeoutMinSeconds: 1, watchTimeoutMaxSeconds: 1 },
});
const objects = 35;
const pages = 4;

const isWatch = ({ url }: { readonly url: string }): boolean => url.includes('watch=true');
const isList = (request: { readonly url: string }): boolean =>
  request.url.includes('/configmaps') && !isWatch(request);
const isNextPage = ({ url }: { readonly url: string }): boolean => url.includes('continue=');
const versionOf = ({ url }: { readonly url: string }): string | null =>
  new URL(url, 'https://any').searchParams.get('resourceVersion');

const expiredEvent = `${JSON.stringify({ type: 'ERROR', object: JSON.parse(statusBody(410)) })}\n`;

const cluster = withOwnCluster({ components: ['etcd', 'kube-apiserver'] });
let proxy: HttpProxy;
let configMaps: ConfigMaps;
let watched: WatchedConfigMaps;

// A restarted API server remembers no event from before, so that the first versions of all are gone.
beforeAll(() => cluster().restart('kube-apiserver'));

function start(namespace: string): void {
  const kubeconfigPath = kubeconfigThrough(cluster().kubeconfigPath, proxy);
  watched = watchConfigMaps({ kubeconfigPath, namespace, settings });
}

/** Makes the API server refuse every watch; resolves when it has refused one. */
async function refuseWatches(): Promise<() => void> {
  const accept = proxy.inject({ matches: isWatch, action: { type: 'answer', status: 503 } });
  const refused = (): boolean => proxy.requests.some(({ action }) => action === 'answer');
  await eventually(() => expect(refused()).toBe(true), { intervalMs: 10 });
  return accept;
}

async function configMapsOf(namespace: string): Promise<void> {
  proxy = await httpProxyOf(cluster().address);
  configMaps = new ConfigMaps(cluster().kubeconfigPath, namespace);
  await configMaps.createAll(Array.from({ length: objects }, (_, index) => `c-${index}`));
}

async function end(): Promise<void> {
  await watched.close();
  await configMaps.close();
  await proxy.close();
}

/** UIDs by name, as the API server has them now. */
async function uidsNow(): Promise<(name: string) => string | undefined> {
  const contents = await configMaps.contents();
  return (name) => contents[name]?.split(' ')[0];
}

/** Sizes of the cache that anybody could see, looked at as often as Node allows. */
function watchSizes(): () => ReadonlySet<number> {
  const seen = new Set<number>();
  const timer = setInterval(() => seen.add(watched.size()), 1);
  return () => {
    clearInterval(timer);
    return new Set([...seen, ...watched.sizes]);
  };
}

/** How a resource version that is no longer kept is told, by the API server itself and by others before it. */
const tellings: readonly { readonly how: string; readonly action: ProxyAction }[] = [
  {
    how: 'the API server itself',
    action: {
      type: 'rewrite',
      url: (url) => url.replace(/resourceVersion=\d+/, 'resourceVersion=1'),
    },
  },
  { how: 'a status', action: { type: 'answer', status: 410 } },
  { how: 'an event', action: { type: 'answer', status: 200, body: expiredEvent } },
];

describe.each(tellings)('a version that is gone, told by $how', ({ action }) => {
  const namespace = withNamespace('gone', cluster);
  beforeEach(() => configMapsOf(namespace()));
  afterEach(end);

  it('costs one list in pages, that tells of every change and is never seen half done', async () => {
    start(namespace());
    await watched.reflector.whenSynced();
    const uidThen = await uidsNow();
    const acceptWatches = await refuseWatches();
    const [listed, told] = [proxy.requests.filter(isList).length, watched.changes.length];
    expect([listed, told]).toEqual([pages, objects]);
    for (const name of ['c-0', 'c-1', 'c-2', 'c-3']) await configMaps.remove(name);
    await configMaps.createAll(['c-3', 'new']);
    await configMaps.edit('c-34', 'second');

    // Slow pages: long enough for anybody to look in between.
    proxy.inject({ matches: isList, action: { type: 'delay', delayMs: 50 } });
    const sizes = watchSizes();
    acceptWatches();
    proxy.inject({ matches: isWatch, times: 1, action });
    await eventually(async () => expect(watched.contents()).toEqual(await configMaps.contents()));

    const expired = watched.failures.filter(({ reason }) => reason === 'Expired');
    expect(expired).toHaveLength(1);
    const relist = proxy.requests.filter(isList).slice(listed);
    expect(relist.map(isNextPage)).toEqual([false, true, true, true]);
    expect(watched.lists.slice(1)).toEqual([{ objects: objects - 2, pages }]);
    expect([...sizes()].toSorted((a, b) => a - b)).toEqual([objects - 2, objects]);
    const changes = watched.changes.slice(told).map(({ before, after }) => ({
      name: (before ?? after)?.object.metadata.name,
      had: before?.object.metadata.uid,
      has: after?.object.metadata.uid,
    }));
    const uidNow = await uidsNow();
    expect(changes.toSorted((a, b) => String(a.name).localeCompare(String(b.name)))).toEqual([
      { name: 'c-0', had: uidThen('c-0'), has: undefined },
      { name: 'c-1', had: uidThen('c-1'), has: undefined },
      { name: 'c-2', had: uidThen('c-2'), has: undefined },
      { name: 'c-3', had: uidThen('c-3'), has: uidNow('c-3') },
      { name: 'c-34', had: uidThen('c-34'), has: uidNow('c-34') },
      { name: 'new', had: undefined, has: uidNow('new') },
    ]);
    expect(uidNow('c-3')).not.toBe(uidThen('c-3'));
  });
});

describe('any other failure of a watch', () => {
  const namespace = withNamespace('not-gone', cluster);
  beforeEach(() => configMapsOf(namespace()));
  afterEach(end);

  const failures: readonly ProxyAction[] = [
    ...[403, 409, 429, 500, 503, 504].map((status) => ({ type: 'answer', status }) as const),
    { type: 'answer', status: 200, body: expiredEvent.replaceAll('410', '500') },
    { type: 'answer', status: 200, body: '{"type":"ADD\n' },
    { type: 'reset', afterBytes: 1 },
    { type: 'truncate', afterBytes: 0 },
  ];

  it('keeps the version and lists nothing', async () => {
    start(namespace());
    await watched.reflector.whenSynced();
    await configMaps.edit('c-0', 'second');
    await eventually(async () => expect(watched.contents()).toEqual(await configMaps.contents()));
    for (const action of failures) proxy.inject({ matches: isWatch, times: 1, action });
    const spoilt = (): RecordedRequest[] =>
      proxy.requests.filter(({ action }) => action !== undefined);
    await eventually(() => expect(spoilt()).toHaveLength(failures.length));
    await configMaps.edit('c-1', 'third');
    await eventually(async () => expect(watched.contents()).toEqual(await configMaps.contents()));

    const versions = spoilt().map(versionOf);
    expect(Number(versions[0])).toBeGreaterThan(1);
    for (const [index, version] of versions.entries())
      expect(Number(version)).toBeGreaterThanOrEqual(Number(versions[index - 1] ?? 0));
    expect(proxy.requests.filter(isList)).toHaveLength(pages);
  });
});

describe('a list that expires between two of its pages', () => {
  const namespace = withNamespace('expired-list', cluster);
  beforeEach(() => configMapsOf(namespace()));
  afterEach(end);

  it('begins anew, and the cache stays empty until it is whole', async () => {
    proxy.inject({ matches: isNextPage, times: 1, action: { type: 'answer', status: 410 } });
    start(namespace());
    const sizes = watchSizes();
    await watched.reflector.whenSynced();
    await eventually(async () => expect(watched.contents()).toEqual(await configMaps.contents()));

    const lists = proxy.requests.filter(isList).map(isNextPage);
    expect(lists).toEqual([false, true, false, true, true, true]);
    expect(watched.lists).toEqual([{ objects, pages }]);
    expect([...sizes()].filter((size) => size > 0)).toEqual([objects]);
  });
});
