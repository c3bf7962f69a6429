import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldsV1, KubeObject } from '../../../../operator/runtime/kube-object.ts';
import {
  appliedFields,
  lastOtherManager,
  ownedField,
  ownedView,
  ownershipDifference,
  ownsEveryField,
} from '../../../../operator/runtime/owned-fields.ts';

const manager = 'operator';
const identity = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } };

/** What the API server would record for an applied object: lists are atomic unless their items have names. */
function recordedFields(value: unknown): FieldsV1 {
  if (Array.isArray(value)) {
    const names = value.map((item: unknown) => (item as { name?: unknown } | null)?.name);
    if (value.length === 0 || !names.every((name) => typeof name === 'string')) return {};
    return Object.fromEntries(
      value.map((item, index) => [
        `k:${JSON.stringify({ name: names[index] })}`,
        { '.': {}, ...recordedFields(item) },
      ]),
    );
  }
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => [`f:${name}`, recordedFields(child)]),
  );
}

/** Difference between what is desired and what was applied, after others changed the live object. */
function difference(parts: {
  readonly desired: object;
  readonly applied?: object;
  readonly live?: object;
}): string | undefined {
  const { desired, applied = desired, live = applied } = parts;
  const owned = ownedView({ ...identity, ...live }, recordedFields(applied));
  return ownershipDifference({ ...identity, ...desired }, owned);
}

describe('the difference between what is desired and what is owned', () => {
  it.each<[string, Parameters<typeof difference>[0], string | undefined]>([
    ['nothing when all agree', { desired: { spec: { replicas: 2 } } }, undefined],
    [
      'a value that somebody changed',
      { desired: { spec: { replicas: 2 } }, live: { spec: { replicas: 5 } } },
      'spec.replicas',
    ],
    [
      'a field that is gone',
      { desired: { spec: { replicas: 2 } }, live: { spec: {} } },
      'spec.replicas',
    ],
    [
      'a field that is new',
      { desired: { spec: { replicas: 2 } }, applied: { spec: { paused: true } } },
      'spec.replicas',
    ],
    [
      'a field that is owned but no longer desired',
      { desired: { spec: { replicas: 2 } }, applied: { spec: { replicas: 2, paused: true } } },
      'spec.paused',
    ],
    [
      'nothing when others add fields',
      { desired: { spec: { replicas: 2 } }, live: { spec: { replicas: 2, paused: true } } },
      undefined,
    ],
    [
      'an item of a list map that was changed',
      {
        desired: { spec: { containers: [{ name: 'a', image: 'one' }] } },
        live: { spec: { containers: [{ name: 'side' }, { name: 'a', image: 'two' }] } },
      },
      'spec.containers[{"name":"a"}].image',
    ],
    [
      'nothing when others add an item to a list map, in whichever order',
      {
        desired: { spec: { containers: [{ name: 'a', image: 'one' }] } },
        live: { spec: { containers: [{ name: 'side' }, { name: 'a', image: 'one' }] } },
      },
      undefined,
    ],
    [
      'an item that was removed',
      { desired: { spec: { containers: [{ name: 'a' }] } }, live: { spec: { containers: [] } } },
      'spec.containers[{"name":"a"}].name',
    ],
    [
      'an item that is no longer desired',
      {
        desired: { spec: { containers: [{ name: 'a' }] } },
        applied: { spec: { containers: [{ name: 'a' }, { name: 'b' }] } },
      },
      'spec.containers',
    ],
    [
      'the order of an atomic list',
      { desired: { spec: { args: ['a', 'b'] } }, live: { spec: { args: ['b', 'a'] } } },
      'spec.args',
    ],
    [
      'an atomic list that is to become empty',
      { desired: { spec: { args: [] } }, applied: { spec: { args: ['a'] } } },
      'spec.args',
    ],
    ['nothing for an empty list', { desired: { spec: { args: [] } } }, undefined],
    [
      'nothing when the server fills an empty object',
      { desired: { spec: { emptyDir: {} } }, live: { spec: { emptyDir: { medium: '' } } } },
      undefined,
    ],
    [
      'an empty object that is gone',
      { desired: { spec: { emptyDir: {} } }, live: { spec: {} } },
      'spec.emptyDir',
    ],
    [
      'nothing for another spelling of a quantity',
      {
        desired: { spec: { resources: { limits: { cpu: '1000m', memory: '1024Mi' } } } },
        live: { spec: { resources: { limits: { cpu: '1', memory: '1Gi' } } } },
      },
      undefined,
    ],
    [
      'another spelling outside of quantities',
      {
        desired: { metadata: { name: 'web', labels: { size: '1000m' } } },
        applied: { metadata: { labels: { size: '1000m' } } },
        live: { metadata: { name: 'web', labels: { size: '1' } } },
      },
      'metadata.labels.size',
    ],
    [
      'a change of type',
      { desired: { spec: { a: { b: 1 } } }, live: { spec: { a: 'text' } } },
      'spec.a.b',
    ],
    [
      'nothing for fields without a value',
      { desired: { spec: { a: undefined, b: 1 } }, applied: { spec: { b: 1 } } },
      undefined,
    ],
  ])('is %s', (_what, parts, expected) => {
    expect(difference(parts)).toBe(expected);
  });

  it('is the metadata when nothing is owned', () => {
    expect(ownershipDifference(identity, undefined)).toBe('metadata');
  });

  it('sees items of sets', () => {
    const fields: FieldsV1 = {
      'f:metadata': { 'f:finalizers': { '.': {}, 'v:"ours"': {} } },
    };
    const live = { ...identity, metadata: { name: 'web', finalizers: ['theirs', 'ours'] } };
    const desired = { ...identity, metadata: { name: 'web', finalizers: ['ours'] } };
    expect(ownershipDifference(desired, ownedView(live, fields))).toBeUndefined();
    const gone = { ...identity, metadata: { name: 'web', finalizers: ['theirs'] } };
    expect(ownershipDifference(desired, ownedView(gone, fields))).toBe(
      'metadata.finalizers["ours"]',
    );
  });

  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.integer(),
      fc.string(),
      fc.boolean(),
      fc.array(fc.integer(), { maxLength: 3 }),
      fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tie('value'), { maxKeys: 4 }),
      fc.uniqueArray(fc.record({ name: fc.stringMatching(/^[a-z]{1,4}$/), value: tie('value') }), {
        maxLength: 3,
        selector: ({ name }) => name,
      }),
    ),
  })).value;
  const spec = fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), value, { minKeys: 1, maxKeys: 4 });

  it('is nothing for any object right after its apply', () => {
    fc.assert(
      fc.property(spec, (applied) => {
        expect(difference({ desired: { spec: applied } })).toBeUndefined();
      }),
    );
  });

  it('is the field itself where a list stands against an object, or an object against a list', () => {
    const [object, list] = [{ spec: { x: { abc: 1 } } }, { spec: { x: [5] } }];
    expect(difference({ desired: list, applied: object })).toBe('spec.x');
    expect(difference({ desired: object, applied: list })).toBe('spec.x');
    const named = { spec: { x: [{ name: 'abc', value: 1 }] } };
    expect(difference({ desired: named, applied: object })).toBe('spec.x');
    expect(difference({ desired: object, applied: named })).toBe('spec.x.abc');
  });

  it('is something for any other object', () => {
    const filled = (text: string): boolean => !text.includes('{}');
    fc.assert(
      fc.property(spec, spec, (desired, applied) => {
        fc.pre(
          JSON.stringify(desired) !== JSON.stringify(applied) && filled(JSON.stringify(desired)),
        );
        const isSame = difference({ desired: { spec: desired }, applied: { spec: applied } });
        const sorted = (one: unknown): string =>
          JSON.stringify(one, (_key, child: unknown) =>
            typeof child === 'object' && child !== null && !Array.isArray(child)
              ? Object.fromEntries(Object.entries(child).toSorted(([a], [b]) => (a < b ? -1 : 1)))
              : Array.isArray(child) && child.every((item) => typeof item === 'object')
                ? child.toSorted((a, b) => (a.name < b.name ? -1 : 1))
                : child,
          );
        expect(isSame === undefined).toBe(sorted(desired) === sorted(applied));
      }),
      { numRuns: 300 },
    );
  });
});

describe('the managers of an object', () => {
  const object: KubeObject = {
    ...identity,
    metadata: {
      name: 'web',
      managedFields: [
        { manager, operation: 'Update', fieldsV1: { 'f:a': {} }, time: '2026-01-05T00:00:00Z' },
        { manager, operation: 'Apply', subresource: 'status', fieldsV1: { 'f:b': {} } },
        { manager, operation: 'Apply', fieldsV1: { 'f:c': {} } },
        { manager: 'kubectl-edit', operation: 'Update', time: '2026-01-02T00:00:00Z' },
        { manager: 'helm', operation: 'Update', time: '2026-01-01T00:00:00Z' },
        {
          manager: 'kcm',
          operation: 'Update',
          subresource: 'status',
          time: '2026-01-04T00:00:00Z',
        },
        { manager: `${manager}-replicas`, operation: 'Apply', time: '2026-01-03T00:00:00Z' },
      ],
    },
  };

  it('are told apart by operation and subresource', () => {
    expect(appliedFields(object, manager)).toEqual({ 'f:c': {} });
    expect(appliedFields(object, 'helm')).toBeUndefined();
    expect(appliedFields(identity, manager)).toBeUndefined();
  });

  it('name the last one that is not ours and no controller of a subresource', () => {
    expect(lastOtherManager(object, manager)).toBe('kubectl-edit');
    expect(lastOtherManager(identity, manager)).toBeUndefined();
  });
});

describe('fields that are all ours', () => {
  const container = (image: string) => ({ spec: { containers: [{ name: 'api', image }] } });
  it.each<[string, object, object, boolean]>([
    ['the same', container('a'), container('a'), true],
    ['another value', container('b'), container('a'), true],
    ['a field that is not desired any more', { spec: {} }, { spec: { paused: true } }, true],
    ['a field that is missing', { spec: { a: 1, b: 2 } }, { spec: { a: 1 } }, false],
    [
      'a field that is missing in a list',
      container('a'),
      { spec: { containers: [{ name: 'api' }] } },
      false,
    ],
    [
      'an item that is missing',
      { spec: { containers: [{ name: 'a' }, { name: 'b' }] } },
      { spec: { containers: [{ name: 'a' }] } },
      false,
    ],
  ])('%s', (_title, desired, applied, expected) => {
    const owned = ownedView({ ...identity, ...applied }, recordedFields(applied));
    expect(ownsEveryField({ ...identity, ...desired }, owned)).toBe(expected);
  });

  it('are none before anything was applied', () => {
    expect(ownsEveryField(identity, undefined)).toBe(false);
  });
});

describe('the value of one field', () => {
  const owned = ownedView(
    { ...identity, spec: { replicas: 3, paused: true, template: { a: 1 } } },
    { 'f:spec': { 'f:replicas': {}, 'f:template': { 'f:a': {} }, 'f:gone': {} } },
  );

  it.each([
    ['that we hold', ['spec', 'replicas'], 3],
    ['that another holds', ['spec', 'paused'], undefined],
    ['that is gone', ['spec', 'gone'], undefined],
    ['below one that is not there', ['status', 'replicas'], undefined],
    ['that has fields of its own', ['spec', 'template'], undefined],
  ])('%s', (_title, path, value) => {
    expect(ownedField(owned, path)).toBe(value);
    expect(ownedField(undefined, path)).toBeUndefined();
  });
});
