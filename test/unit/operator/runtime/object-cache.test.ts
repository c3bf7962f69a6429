import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../../operator/runtime/kube-object.ts';
import { type CacheChange, ObjectCache } from '../../../../operator/runtime/object-cache.ts';

function anObject(
  name: string,
  version: number,
  more: Partial<KubeObject['metadata']> & { value?: unknown } = {},
): KubeObject {
  const { value = 'x', ...metadata } = more;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      resourceVersion: String(version),
      ...metadata,
    },
    data: { value },
  };
}

function aCache() {
  const changes: CacheChange[] = [];
  const cache = new ObjectCache({
    manager: 'operator',
    project: ({ metadata: { managedFields: _dropped, ...metadata }, ...rest }) => ({
      ...rest,
      metadata,
    }),
    indexers: { owner: ({ metadata }) => (metadata.ownerReferences ?? []).map(({ uid }) => uid) },
    onChange: (change) => changes.push(change),
  });
  const valueOf = (name: string): unknown =>
    (cache.get(`shop/${name}`)?.object['data'] as { value: unknown } | undefined)?.value;
  return { cache, changes, valueOf };
}

const ownedBy = (uid: string) => ({
  ownerReferences: [{ apiVersion: 'v1', kind: 'Shop', name: 'dhaka', uid }],
});

describe('the object cache', () => {
  it('tells what was added, changed and deleted', () => {
    const { cache, changes } = aCache();
    cache.observed(anObject('a', 1));
    cache.observed(anObject('a', 2, { value: 'y' }));
    cache.deleted(anObject('a', 3));
    expect(
      changes.map(({ before, after }) => [
        before?.object.metadata.resourceVersion,
        after?.object.metadata.resourceVersion,
      ]),
    ).toEqual([
      [undefined, '1'],
      ['1', '2'],
      ['2', undefined],
    ]);
    expect(cache.size).toBe(0);
  });

  it('keeps quiet when nothing kept has changed, but keeps the new version', () => {
    const { cache, changes } = aCache();
    cache.observed(anObject('a', 1));
    cache.observed(anObject('a', 2));
    expect(changes).toHaveLength(1);
    expect(cache.get('shop/a')?.object.metadata.resourceVersion).toBe('2');
  });

  it('drops events that are not newer than what it holds, by number and not by letters', () => {
    const { cache, valueOf } = aCache();
    cache.observed(anObject('a', 10, { value: 'new' }));
    cache.observed(anObject('a', 9, { value: 'old' }));
    cache.observed(anObject('a', 10, { value: 'same' }));
    expect(valueOf('a')).toBe('new');
    cache.deleted(anObject('a', 9));
    expect(cache.size).toBe(1);
  });

  it('shows our own write at once and tells nobody, also not when the watch brings it back', () => {
    const { cache, changes, valueOf } = aCache();
    cache.observed(anObject('a', 1));
    cache.written(anObject('a', 4, { value: 'ours' }));
    cache.written(anObject('a', 5, { value: 'ours, too' }));
    cache.observed(anObject('a', 4, { value: 'ours' }));
    cache.observed(anObject('a', 5, { value: 'ours, too' }));
    expect(valueOf('a')).toBe('ours, too');
    expect(changes).toHaveLength(1);
    cache.observed(anObject('a', 6, { value: 'theirs' }));
    expect(changes).toHaveLength(2);
  });

  it('tells of a change that the answer to our own write has overtaken, and holds what is newer', () => {
    const { cache, changes, valueOf } = aCache();
    cache.observed(anObject('a', 1));
    cache.written(anObject('a', 5, { value: 'theirs, with ours' }));
    changes.length = 0;
    cache.observed(anObject('a', 3, { value: 'theirs' }));
    cache.observed(anObject('a', 5, { value: 'theirs, with ours' }));
    expect(valueOf('a')).toBe('theirs, with ours');
    expect(changes.map(({ key, after }) => [key, after])).toEqual([
      ['shop/a', cache.get('shop/a')],
    ]);
  });

  it.each([
    ['at our write', 5],
    ['after it, when nothing else has changed', 7],
  ])('tells of it when the watch begins anew from a list made %s', (_, version) => {
    const { cache, changes } = aCache();
    cache.observed(anObject('a', 1));
    cache.written(anObject('a', 5, { value: 'theirs, with ours' }));
    changes.length = 0;
    const listed = anObject('a', version, { value: 'theirs, with ours' });
    cache.replaced([cache.trim(listed)], String(version));
    expect(changes).toHaveLength(1);
    cache.replaced([cache.trim(listed)], String(version + 1));
    expect(changes).toHaveLength(1);
  });

  it('does not bring back by a late answer what the watch has seen deleted', () => {
    const { cache } = aCache();
    cache.observed(anObject('a', 1));
    cache.deleted(anObject('a', 9));
    cache.written(anObject('a', 5));
    expect(cache.size).toBe(0);
    cache.passed('20');
    cache.written(anObject('b', 15));
    expect(cache.size).toBe(0);
  });

  it('does not lose a successor that we wrote to the deletion of its predecessor', () => {
    const { cache } = aCache();
    cache.observed(anObject('a', 1));
    cache.written(anObject('a', 7, { uid: 'uid-successor' }));
    cache.deleted(anObject('a', 6));
    expect(cache.get('shop/a')?.object.metadata.uid).toBe('uid-successor');
  });

  it('tells an object that was made anew under its name by its UID, although nothing else differs', () => {
    const { cache, changes } = aCache();
    cache.observed(anObject('a', 1));
    cache.replaced([cache.trim(anObject('a', 9, { uid: 'uid-2' }))], '9');
    expect(changes[1]?.before?.object.metadata.uid).toBe('uid-a');
    expect(changes[1]?.after?.object.metadata.uid).toBe('uid-2');
  });

  it('takes a list in one step: absent objects are deletions, our later writes are kept', () => {
    const { cache, changes, valueOf } = aCache();
    cache.observed(anObject('gone', 1));
    cache.observed(anObject('same', 2));
    cache.observed(anObject('changed', 3));
    cache.written(anObject('ours', 20));
    cache.written(anObject('changed', 21, { value: 'ours' }));
    changes.length = 0;
    const listed = [
      anObject('same', 2),
      anObject('changed', 9, { value: 'listed' }),
      anObject('new', 8),
    ];
    cache.replaced(
      listed.map((object) => cache.trim(object)),
      '10',
    );
    expect(changes.map(({ key, after }) => [key, after !== undefined])).toEqual([
      ['shop/gone', false],
      ['shop/new', true],
    ]);
    expect(valueOf('changed')).toBe('ours');
    expect(cache.get('shop/ours')).toBeDefined();
  });

  it('takes a list of one namespace for the objects of that namespace', () => {
    const { cache, changes } = aCache();
    cache.replaced([cache.trim(anObject('a', 1))], '5', 'shop');
    cache.replaced([cache.trim(anObject('b', 2, { namespace: 'other' }))], '6', 'other');
    changes.length = 0;
    cache.replaced([], '9', 'other');
    expect(changes.map(({ key }) => key)).toEqual(['other/b']);
    expect(cache.get('shop/a')).toBeDefined();
  });

  it('shows our write although the watch of another namespace is further on', () => {
    const { cache, valueOf } = aCache();
    cache.replaced([cache.trim(anObject('a', 1))], '5', 'shop');
    cache.replaced([], '50', 'other');
    cache.passed('60', 'other');
    cache.written(anObject('a', 20, { value: 'ours' }));
    expect(valueOf('a')).toBe('ours');
    cache.observed(anObject('a', 30, { value: 'theirs' }), 'shop');
    cache.deleted(anObject('a', 31), 'shop');
    cache.written(anObject('a', 30, { value: 'late' }));
    expect(cache.get('shop/a')).toBeUndefined();
  });

  it('finds objects by index, also after they changed owners', () => {
    const { cache } = aCache();
    const names = (uid: string) =>
      cache.byIndex('owner', uid).map(({ object }) => object.metadata.name);
    cache.observed(anObject('a', 1, ownedBy('one')));
    cache.observed(anObject('b', 2, ownedBy('one')));
    expect(names('one')).toEqual(['a', 'b']);
    cache.observed(anObject('a', 3, ownedBy('two')));
    cache.written(anObject('b', 4, ownedBy('two')));
    expect([names('one'), names('two')]).toEqual([[], ['a', 'b']]);
    cache.deleted(anObject('a', 5, ownedBy('two')));
    expect(names('two')).toEqual(['b']);
    expect(cache.byIndex('no such index', 'two')).toEqual([]);
  });

  it('keeps what we applied and who else wrote, and no managedFields', () => {
    const { cache } = aCache();
    cache.observed(
      anObject('a', 1, {
        managedFields: [
          { manager: 'operator', operation: 'Apply', fieldsV1: { 'f:data': { 'f:value': {} } } },
          { manager: 'kubectl', operation: 'Update' },
        ],
      }),
    );
    const entry = cache.get('shop/a');
    expect(entry?.object.metadata).not.toHaveProperty('managedFields');
    expect(entry?.lastOtherManager).toBe('kubectl');
    expect(entry?.owned).toBeDefined();
    expect([...cache.list()]).toHaveLength(1);
  });

  it('ends equal to the cluster, whenever our answers come and whenever it lists anew', () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      act: fc.constantFrom('write', 'delete'),
      isOurs: fc.boolean(),
      answerAfter: fc.nat(6),
      relist: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { cache } = aCache();
        const cluster = new Map<string, KubeObject>();
        const answers: { readonly at: number; readonly object: KubeObject }[] = [];
        const events: (() => void)[] = [];
        steps.forEach(({ name, act, isOurs, answerAfter, relist }, index) => {
          const before = cluster.get(name);
          const uid = before?.metadata.uid ?? `uid-${index}`;
          const object = anObject(name, index + 1, { uid, value: index });
          if (act === 'delete') {
            if (before !== undefined)
              events.push(() => cache.deleted({ ...before, metadata: object.metadata }));
            cluster.delete(name);
          } else {
            cluster.set(name, object);
            events.push(() => cache.observed(object));
            if (isOurs) answers.push({ at: index + answerAfter, object });
          }
          for (const answer of answers) if (answer.at === index) cache.written(answer.object);
          if (index % 2 === 0) events.shift()?.();
          if (relist) {
            events.length = 0;
            cache.replaced(
              [...cluster.values()].map((one) => cache.trim(one)),
              String(index + 1),
            );
          }
        });
        for (const event of events) event();
        for (const { object } of answers) cache.written(object);
        const held = [...cache.list()].map(({ object }) => object);
        const byName = (a: KubeObject, b: KubeObject): number =>
          a.metadata.name < b.metadata.name ? -1 : 1;
        expect(held.toSorted(byName)).toEqual([...cluster.values()].toSorted(byName));
      }),
      { numRuns: 500 },
    );
  });

  it('leaves whoever looks when it is told with what others wrote last, whatever we write meanwhile', () => {
    const step = fc.record({
      isOurs: fc.boolean(),
      answerAfter: fc.nat(6),
      events: fc.nat(3),
      relist: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const { cache, changes, valueOf } = aCache();
        let looked: unknown;
        const look = (): void => {
          if (changes.length > 0) looked = (valueOf('a') as { theirs: unknown }).theirs;
          changes.length = 0;
        };
        let live = anObject('a', 1, { value: { ours: 0, theirs: 0 } });
        const answers: { readonly at: number; readonly object: KubeObject }[] = [];
        let events = [live];
        const pass = (count: number): void => {
          for (const event of events.splice(0, count)) cache.observed(event);
          look();
        };
        pass(1);
        steps.forEach(({ isOurs, answerAfter, events: count, relist }, index) => {
          const { value } = live['data'] as { value: object };
          const changed = { ...value, [isOurs ? 'ours' : 'theirs']: index + 1 };
          live = anObject('a', index + 2, { value: changed });
          events.push(live);
          // An operator writes one thing of an object at a time.
          const free = Math.max(index, ...answers.map(({ at }) => at));
          if (isOurs) answers.push({ at: free + answerAfter, object: live });
          for (const { at, object } of answers) if (at === index) cache.written(object);
          pass(count);
          if (!relist) return;
          events = [];
          cache.replaced([cache.trim(live)], String(index + 2));
          look();
        });
        pass(events.length);
        expect(looked).toBe((live['data'] as { value: { theirs: unknown } }).value.theirs);
      }),
      { numRuns: 1_000 },
    );
  });
});
