import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxStoreNameLength } from '../../../../crds/store/formats.ts';
import {
  childName,
  childSuffixes,
  labelKeys,
  migrationJobName,
  type PartName,
  storeLabels,
  versionLabel,
} from '../../../../operator/names.ts';
import { aStore } from '../../../support/a-store.ts';
import { allObjects } from '../desired/sample-stores.ts';

const storeName = fc.stringMatching(/^[a-z]([-a-z0-9]{0,30}[a-z0-9])?$/);

/** Pairs that are likely to collide: unrelated ones, and one that looks like a child of the other. */
const pairs = fc
  .oneof(
    fc.tuple(storeName, storeName),
    fc
      .tuple(storeName, fc.constantFrom(...childSuffixes))
      .map(([name, suffix]) => [name, `${name}-${suffix}`] as const),
    fc
      .tuple(storeName, fc.constantFrom(...childSuffixes))
      .map(([name, suffix]) => [name, `${suffix}-${name}`] as const),
  )
  .filter(([one, other]) => one !== other);

interface Selecting {
  readonly selector?: Readonly<Record<string, unknown>> & {
    readonly matchLabels?: Readonly<Record<string, string>>;
  };
  readonly template?: { readonly metadata: { readonly labels: Readonly<Record<string, string>> } };
}

const specs = (name: string): Selecting[] =>
  allObjects(aStore({ name, uid: `uid-of-${name}` })).map(
    ({ manifest }) => (manifest['spec'] ?? {}) as Selecting,
  );
const names = (name: string): string[] =>
  allObjects(aStore({ name })).map(({ manifest }) => `${manifest.kind} ${manifest.metadata.name}`);
const selectors = (name: string) =>
  specs(name).flatMap(({ selector }) =>
    selector === undefined ? [] : [selector.matchLabels ?? selector],
  );
const podLabels = (name: string) =>
  specs(name).flatMap(({ template }) => (template === undefined ? [] : [template.metadata.labels]));
const selects = (
  selector: Readonly<Record<string, unknown>>,
  labels: Readonly<Record<string, string>>,
) => Object.entries(selector).every(([key, value]) => labels[key] === value);

describe('two stores of one namespace', () => {
  it('share no name of any object', () => {
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        const taken = new Set(names(one));
        expect(names(other).filter((name) => taken.has(name))).toEqual([]);
      }),
    );
  });

  it('never select pods of each other, and always exactly one component of their own', () => {
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        for (const selector of selectors(one)) {
          expect(podLabels(other).some((labels) => selects(selector, labels))).toBe(false);
          expect(podLabels(one).filter((labels) => selects(selector, labels))).toHaveLength(1);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('names and labels', () => {
  it('have suffixes without a hyphen, which keeps the names of two stores apart', () => {
    expect(childSuffixes.filter((suffix) => suffix.includes('-'))).toEqual([]);
  });

  it('fit into a DNS label for the longest store name', () => {
    const longest = 'a'.repeat(maxStoreNameLength);
    for (const suffix of childSuffixes)
      expect(childName(longest, suffix).length).toBeLessThanOrEqual(63);
    expect(migrationJobName(longest, 'f'.repeat(64)).length).toBeLessThanOrEqual(63);
  });

  it('never select by the version, since selectors are immutable', () => {
    expect(selectors('dhaka').filter((selector) => labelKeys.version in selector)).toEqual([]);
  });

  it('carry the store on every object', () => {
    const store = aStore();
    for (const { manifest } of allObjects(store)) {
      const part = manifest.metadata.labels[labelKeys.component] as PartName;
      expect(manifest.metadata.labels).toMatchObject(storeLabels(store, part));
    }
  });

  it.each([
    ['1.0.0', '1.0.0'],
    [`1.0.0-${'a'.repeat(57)}.b`, `1.0.0-${'a'.repeat(57)}`],
  ])('turn version %s into a label value', (version, label) => {
    expect(versionLabel(version)).toBe(label);
  });
});
