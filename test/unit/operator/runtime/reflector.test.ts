import { describe, expect, it } from 'vitest';
import { KubeError } from '../../../../operator/runtime/kube-error.ts';
import { hanging, httpFailure, networkFailure } from '../../../support/scripted-client.ts';
import { anItem, page, aReflector, event } from '../../../support/a-reflector.ts';

const selectors = { labelSelector: 'managed-by=operator', fieldSelector: 'type!=other' };

describe('the reflector', () => {
  it('lists page by page, shows the cache only when it is whole, and watches from there', async () => {
    const second = Promise.withResolvers<unknown>();
    const { clock, client, cache, reflector, heard } = aReflector(
      ({ query }) =>
        query?.['continue'] === undefined ? page(10, [anItem('a', 1)], 'more') : second.promise,
      { ...selectors, namespace: 'shop' },
    );
    reflector.start();
    reflector.start();
    await clock.advance(0);
    expect([cache.size, reflector.hasSynced]).toEqual([0, false]);
    second.resolve(page(10, [anItem('b', 2)]));
    await reflector.whenSynced();
    await clock.advance(0);
    expect(cache.get('shop/a')?.object).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    expect(client.requests.map(({ path, query, tries }) => ({ path, query, tries }))).toEqual([
      {
        path: '/api/v1/namespaces/shop/configmaps',
        query: { ...selectors, limit: '500' },
        tries: 1,
      },
      {
        path: '/api/v1/namespaces/shop/configmaps',
        query: { ...selectors, limit: '500', continue: 'more' },
        tries: 1,
      },
    ]);
    expect(client.watched).toHaveLength(1);
    expect(client.watched[0]).toMatchObject({
      query: {
        ...selectors,
        resourceVersion: '10',
        allowWatchBookmarks: 'true',
        timeoutSeconds: '360',
      },
      inactivityMs: 72_500,
    });
    expect(heard).toEqual(['ConfigMap 2 in 2']);
    await reflector.stop();
  });

  it('asks for metadata only when it is told to, and keeps the name of the kind', async () => {
    const { clock, client, cache, reflector } = aReflector(() => page(1, []), {
      metadataOnly: true,
    });
    reflector.start();
    await clock.advance(0);
    expect(client.requests[0]?.accept).toBe(
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
    );
    expect(client.watched[0]?.accept).toBe(
      'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
    );
    const partial = { ...anItem('a', 2), kind: 'PartialObjectMetadata' };
    client.stream.say(event('ADDED', partial));
    await clock.advance(0);
    expect(cache.get('shop/a')?.object.kind).toBe('ConfigMap');
    await reflector.stop();
  });

  it('follows the events of a watch', async () => {
    const { clock, client, reflector, changes, heard, keys } = aReflector(() => page(1, []));
    reflector.start();
    await clock.advance(0);
    client.stream.say(
      event('ADDED', anItem('a', 2)),
      event('ADDED', anItem('b', 3)),
      event('MODIFIED', anItem('a', 4, 'uid-anew')),
      event('DELETED', anItem('b', 5)),
      event('BOOKMARK', { metadata: { resourceVersion: '9' } }),
    );
    await clock.advance(0);
    expect(keys()).toEqual(['a']);
    expect(changes).toHaveLength(4);
    expect(heard.slice(1)).toEqual(['ADDED', 'ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']);
    await reflector.stop();
  });

  it('goes on at once, from the last version, after a watch that the server ended', async () => {
    const { clock, client, reflector, failures } = aReflector(() => page(1, []));
    reflector.start();
    await clock.advance(240_000);
    client.stream.say(event('BOOKMARK', { metadata: { resourceVersion: '77' } }), 'end');
    await clock.advance(0);
    expect(client.watched.map(({ query }) => query['resourceVersion'])).toEqual(['1', '77']);
    expect(client.streams[0]?.isClosed).toBe(true);
    expect(client.requests).toHaveLength(1);
    expect(failures).toEqual([]);
    await reflector.stop();
  });

  it('pauses after a watch that ended as soon as it began', async () => {
    const { clock, client, reflector, failures } = aReflector(() => page(1, []));
    reflector.start();
    await clock.advance(0);
    client.stream.say('end');
    await clock.advance(0);
    expect(client.watched).toHaveLength(1);
    expect(failures).toHaveLength(1);
    await clock.advance(400);
    expect(client.watched).toHaveLength(2);
    await reflector.stop();
  });

  it.each([
    ['a reset', networkFailure()],
    ['an error of the server', httpFailure(500, 'InternalError')],
    ['a refusal', httpFailure(403, 'Forbidden')],
    ['an error event', undefined],
  ])('keeps its version through %s', async (_what, error) => {
    const { clock, client, reflector } = aReflector(() => page(1, []));
    reflector.start();
    await clock.advance(0);
    client.stream.say(event('ADDED', anItem('a', 5)));
    client.stream.say(error ?? event('ERROR', { code: 500, reason: 'InternalError' }));
    await clock.advance(60_000);
    expect(client.watched.at(-1)?.query['resourceVersion']).toBe('5');
    expect(client.requests).toHaveLength(1);
    await reflector.stop();
  });

  it.each(['as a status', 'as an event'])(
    'lists anew after 410 %s; what is absent was deleted',
    async (how) => {
      let listed = page(10, [anItem('kept', 1), anItem('gone', 2), anItem('anew', 3)]);
      const { clock, client, reflector, changes, keys } = aReflector(() => listed);
      reflector.start();
      await clock.advance(0);
      changes.length = 0;
      listed = page(20, [anItem('kept', 1), anItem('anew', 15, 'uid-2'), anItem('new', 16)]);
      if (how === 'as an event') {
        client.stream.say(event('ERROR', { code: 410, reason: 'Expired' }));
      } else {
        client.watchFailure = httpFailure(410, 'Expired');
        client.stream.say(networkFailure());
        await clock.advance(400);
        client.watchFailure = undefined;
      }
      await clock.advance(2_000);
      expect(keys().toSorted()).toEqual(['anew', 'kept', 'new']);
      expect(
        changes.map(({ key, before, after }) => [
          key,
          before?.object.metadata.uid,
          after?.object.metadata.uid,
        ]),
      ).toEqual([
        ['shop/gone', 'uid-gone', undefined],
        ['shop/anew', 'uid-anew', 'uid-2'],
        ['shop/new', undefined, 'uid-new'],
      ]);
      expect(client.requests).toHaveLength(2);
      expect(client.watched.at(-1)?.query['resourceVersion']).toBe('20');
      await reflector.stop();
    },
  );

  it('begins the list anew when it expires between two pages', async () => {
    let isExpired = true;
    const { clock, client, reflector, keys } = aReflector(({ query }) => {
      if (query?.['continue'] === undefined) return page(10, [anItem('a', 1)], 'more');
      return isExpired ? httpFailure(410, 'Expired') : page(10, [anItem('b', 2)]);
    });
    reflector.start();
    await clock.advance(0);
    isExpired = false;
    await clock.advance(1_000);
    expect(client.requests).toHaveLength(4);
    expect(keys()).toEqual(['a', 'b']);
    await reflector.stop();
  });

  it('backs off while the API server is away, from 0.8 s up to 30 s', async () => {
    const { clock, client, reflector, failures } = aReflector(networkFailure, {
      random: () => 0.999_999,
    });
    reflector.start();
    await clock.advance(200_000);
    const delays = failures.map(({ delayMs }) => Math.round(delayMs));
    expect(delays.slice(0, 8)).toEqual([800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
    expect(client.requests.length).toBeLessThan(13);
    expect(reflector.hasSynced).toBe(false);
    expect(reflector.loopAgeMs).toBeLessThanOrEqual(30_000);
    expect(reflector.lastActivityAgeMs).toBe(200_000);
    await reflector.stop();
  });

  it('leaves the API server alone as long as it asked', async () => {
    const throttled = new KubeError('slow down', {
      origin: 'http',
      code: 429,
      reason: 'TooManyRequests',
      retryAfterMs: 7_000,
    });
    const { clock, client, reflector, failures } = aReflector(() => page(1, []));
    client.watchFailure = throttled;
    reflector.start();
    await clock.advance(6_999);
    expect(client.watched).toHaveLength(1);
    await clock.advance(1);
    expect(client.watched).toHaveLength(2);
    expect(failures[0]?.delayMs).toBe(7_000);
    await reflector.stop();
  });

  it('never makes a hot loop, however unlucky', async () => {
    const { clock, client, reflector } = aReflector(networkFailure, { random: () => 0 });
    reflector.start();
    await clock.advance(10_000);
    expect(client.requests.length).toBeLessThanOrEqual(51);
    await reflector.stop();
  });

  it('forgets its failures after two minutes of health', async () => {
    const { clock, client, reflector, failures } = aReflector(() => page(1, []));
    reflector.start();
    await clock.advance(0);
    for (let count = 0; count < 3; count += 1) {
      client.stream.say(networkFailure());
      await clock.advance(10_000);
    }
    await clock.advance(120_000);
    client.stream.say(networkFailure());
    await clock.advance(10_000);
    expect(failures.map(({ delayMs }) => delayMs)).toEqual([400, 800, 1_600, 400]);
    await reflector.stop();
  });

  it('tries again at once when it is woken', async () => {
    const { clock, client, reflector } = aReflector(networkFailure, { random: () => 0.999 });
    reflector.wake();
    reflector.start();
    await clock.advance(60_000);
    const tries = client.requests.length;
    client.answer = () => page(1, []);
    reflector.wake();
    await clock.advance(0);
    expect(client.requests).toHaveLength(tries + 1);
    expect(reflector.hasSynced).toBe(true);
    await reflector.stop();
  });

  it('does not sit out a back-off when it was woken while a try still hung', async () => {
    const { clock, client, reflector } = aReflector(networkFailure, { random: () => 0.999 });
    reflector.start();
    await clock.advance(100_000);
    const hung = Promise.withResolvers<Error>();
    client.answer = () => hung.promise;
    await clock.advance(30_000);
    reflector.wake();
    client.answer = () => page(1, []);
    hung.resolve(networkFailure());
    await clock.advance(200);
    expect(reflector.hasSynced).toBe(true);
    await reflector.stop();
  });

  it('does not hurry for a wake that an answer came after', async () => {
    const { clock, client, reflector, failures } = aReflector(() => page(1, []));
    reflector.start();
    await clock.advance(0);
    reflector.wake();
    client.stream.say(event('ADDED', anItem('a', 5)), networkFailure());
    await clock.advance(1_000);
    expect(failures.map(({ delayMs }) => delayMs)).toEqual([400]);
    await reflector.stop();
  });

  it('tells how long ago the server last said anything', async () => {
    const { clock, client, reflector } = aReflector(() => page(1, []));
    reflector.start();
    await clock.advance(50_000);
    expect([reflector.lastActivityAgeMs, reflector.loopAgeMs]).toEqual([50_000, 50_000]);
    client.stream.say(event('BOOKMARK', { metadata: { resourceVersion: '2' } }));
    await clock.advance(1_000);
    expect([reflector.lastActivityAgeMs, reflector.loopAgeMs]).toEqual([1_000, 1_000]);
    await reflector.stop();
  });

  it.each([
    ['lists', hanging, 0],
    ['pauses', networkFailure, 0],
    ['watches', () => page(1, []), 1],
  ] as const)(
    'leaves nothing behind when it is stopped while it %s',
    async (_what, answer, open) => {
      const { clock, client, reflector } = aReflector(answer);
      reflector.start();
      await clock.advance(0);
      expect(client.streams).toHaveLength(open);
      await reflector.stop();
      expect(client.streams.every(({ isClosed }) => isClosed)).toBe(true);
      expect(client.requests.every(({ signal }) => signal?.aborted)).toBe(true);
      expect(clock.pendingTimers()).toBe(0);
      const asked = client.requests.length;
      await clock.advance(600_000);
      expect([client.requests.length, client.watched.length]).toEqual([asked, open]);
    },
  );
});
