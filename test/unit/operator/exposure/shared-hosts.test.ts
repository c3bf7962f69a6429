import { describe, expect, it } from 'vitest';
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import { ingressHosts, isOlder } from '../../../../operator/exposure/shared-hosts.ts';
import { aStore } from '../../../support/a-store.ts';

describe('the older of two stores', () => {
  const made = (creationTimestamp: string, uid: string) => ({ creationTimestamp, uid });

  it.each([
    ['was made before', made('2026-01-01T00:00:00Z', 'b'), made('2026-01-01T00:00:01Z', 'a'), true],
    [
      'was not made after',
      made('2026-01-01T00:00:01Z', 'a'),
      made('2026-01-01T00:00:00Z', 'b'),
      false,
    ],
    [
      'has the first UID',
      made('2026-01-01T00:00:00Z', 'a'),
      made('2026-01-01T00:00:00Z', 'b'),
      true,
    ],
    ['is not itself', made('2026-01-01T00:00:00Z', 'a'), made('2026-01-01T00:00:00Z', 'a'), false],
  ])('%s', (_title, one, other, older) => {
    expect(isOlder(one, other)).toBe(older);
  });
});

describe('the hosts that a store asks an ingress controller for', () => {
  const shared = { parentRef: { name: 'shared' } };
  const hosts = ['shop.example.com'];

  it.each<[string, StoreSpecInput['exposure'], readonly string[]]>([
    ['with an Ingress', { mode: 'Ingress' }, hosts],
    ['with what there is', {}, hosts],
    [
      'with a Gateway, whose listeners tell of a conflict',
      { mode: 'Gateway', gateway: shared },
      [],
    ],
    ['with a Gateway if there is one', { gateway: shared }, []],
    ['not at all', { mode: 'None' }, []],
  ])('%s', (_title, exposure, expected) => {
    expect(ingressHosts(aStore({ spec: { hosts, exposure } }).spec)).toEqual(expected);
  });
});
