// How the keys of access tokens take over from each other without signing anybody out. A new key is published first, and
// verifies only (Pending); when every pod has it, it signs (Active) and the one before verifies on (Retiring) until
// nothing that it signed can be valid; then it is removed. The ring is a list, of which the first key is Active.
//
// Why no token is ever refused before its end: a pod reads the file `propagationSeconds` after it was written at the latest.
// A key that signs somewhere was published that long ago, so it is everywhere; one that was replaced signs for as long at
// the most, and its last token lives as long as the contract lets any token live, whatever the store says today or said then.
import { maxAccessTokenSeconds } from '../../crds/store/security.ts';
import type { RingKey } from './key-set.ts';

/**
 * When every pod has a new file. The kubelet takes a minute or two
 * (https://kubernetes.io/docs/concepts/configuration/secret/#mounted-secrets-are-updated-automatically), the API 10 s.
 */
export const propagationSeconds = 300;

/** Clocks of nodes differ. */
const clockSkewSeconds = 60;

/** For how long a key verifies after it was replaced. */
export const retirementSeconds = propagationSeconds + maxAccessTokenSeconds + clockSkewSeconds;

/** A key that signs, one that comes, one that goes; or two that go. */
export const maxRingKeys = 3;

/** What a key is there for. */
export type KeyState = 'Pending' | 'Active' | 'Retiring';

/** What the owner asks for. */
export interface RingWishes {
  /** 0: only when it is asked for. */
  readonly rotateEverySeconds: number;
  /** Rotate now, whatever the age. */
  readonly isRotationAsked: boolean;
  /** This key must go at once. */
  readonly revokedKid: string | undefined;
}

/** What became of a key. */
export interface RingChange {
  readonly kid: string;
  readonly kind: 'Added' | 'Activated' | 'Retired' | 'Removed' | 'Revoked';
}

/** The ring after a step. */
export interface RingStep {
  readonly keys: readonly RingKey[];
  /** Empty: there is nothing to write. */
  readonly changes: readonly RingChange[];
  /** The rotation that was asked for has begun. */
  readonly isRotationBegun: boolean;
}

/** Time in seconds since the epoch, and the name of the next key. */
export interface RingMoment {
  readonly now: number;
  readonly kid: string;
}

type Progress = Pick<RingStep, 'keys' | 'changes'>;

const told = (kind: RingChange['kind'], keys: readonly RingKey[]): RingChange[] =>
  keys.map(({ kid }) => ({ kind, kid }));

/** Of the keys behind the first one: those that do not go are to come. */
const isRetiring = ({ signsFrom, verifiesUntil }: RingKey): boolean =>
  verifiesUntil !== undefined || signsFrom === undefined;

function pendingOf([, ...others]: readonly RingKey[]): RingKey | undefined {
  return others.find((key) => !isRetiring(key));
}

/** The state of a key in its ring. Pure. */
export function keyState(key: RingKey, index: number): KeyState {
  if (index === 0) return 'Active';
  return isRetiring(key) ? 'Retiring' : 'Pending';
}

/**
 * Drops a key at once. Pods that have not read the file yet refuse the tokens of its successor for a moment: that beats
 * trusting a key that somebody else has.
 */
function revoked(
  keys: readonly RingKey[],
  { revokedKid }: RingWishes,
  moment: RingMoment,
): Progress {
  const gone = keys.filter(({ kid }) => kid === revokedKid);
  const kept = keys.filter(({ kid }) => kid !== revokedKid);
  const changes = told('Revoked', gone);
  if (keys[0]?.kid !== revokedKid) return { keys: kept, changes };
  const pending = kept.find((key) => !isRetiring(key));
  const next = pending ?? { kid: moment.kid, issuedAt: moment.now };
  return {
    keys: [{ ...next, signsFrom: moment.now }, ...kept.filter((key) => key !== next)],
    changes: [...changes, ...told('Added', pending ? [] : [next]), ...told('Activated', [next])],
  };
}

/** Removes what has ended; what somebody else added verifies until its tokens must have ended. */
function expired({ keys, changes }: Progress, now: number): Progress {
  const stray = keys.filter(
    ({ signsFrom, verifiesUntil }, index) =>
      index > 0 && signsFrom === undefined && verifiesUntil === undefined,
  );
  const gone = keys.filter(
    ({ verifiesUntil }, index) => index > 0 && verifiesUntil !== undefined && verifiesUntil <= now,
  );
  return {
    keys: keys
      .filter((key) => !gone.includes(key))
      .map((key) => (stray.includes(key) ? retiring(key, now) : key)),
    changes: [...changes, ...told('Removed', gone), ...told('Retired', stray)],
  };
}

function retiring(key: RingKey, now: number): RingKey {
  return { ...key, verifiesUntil: now + retirementSeconds };
}

/** The key that was to come signs from its time on. */
function activated({ keys, changes }: Progress, now: number): Progress {
  const [active] = keys;
  const pending = pendingOf(keys);
  if (active === undefined || pending?.signsFrom === undefined || pending.signsFrom > now)
    return { keys, changes };
  const others = keys.filter((key) => key !== active && key !== pending);
  return {
    keys: [{ ...pending, signsFrom: now }, retiring(active, now), ...others],
    changes: [...changes, ...told('Activated', [pending]), ...told('Retired', [active])],
  };
}

/** When there is room for one more key; undefined when there is now. */
function roomAt(keys: readonly RingKey[]): number | undefined {
  if (keys.length < maxRingKeys) return undefined;
  return Math.min(...keys.flatMap(({ verifiesUntil }) => verifiesUntil ?? []));
}

/** When the next key is to be published; undefined when one is already, or nobody wants any. */
function publicationAt(
  keys: readonly RingKey[],
  { rotateEverySeconds }: Pick<RingWishes, 'rotateEverySeconds'>,
): number | undefined {
  const [active] = keys;
  if (active === undefined || rotateEverySeconds === 0 || pendingOf(keys)) return undefined;
  const dueAt = (active.signsFrom ?? active.issuedAt) + rotateEverySeconds;
  return Math.max(dueAt, roomAt(keys) ?? dueAt);
}

/** The ring that follows from the time and the owner's wishes. `keys` must not be empty. Pure. */
export function nextRing(
  keys: readonly RingKey[],
  wishes: RingWishes,
  moment: RingMoment,
): RingStep {
  const { now, kid } = moment;
  const { isRotationAsked } = wishes;
  const known = new Set(keys.map((key) => key.kid));
  const ring = activated(expired(revoked(keys, wishes, moment), now), now);
  // A rotation that is under way, or a key that took over just now, is what was asked for.
  const isUnderWay = pendingOf(keys) !== undefined || !known.has(ring.keys[0]?.kid ?? '');
  const dueAt = publicationAt(ring.keys, wishes);
  const isDue = dueAt !== undefined && dueAt <= now;
  const isWanted = isDue || (isRotationAsked && !isUnderWay);
  if (!isWanted || pendingOf(ring.keys) !== undefined || roomAt(ring.keys) !== undefined) {
    return { ...ring, isRotationBegun: isRotationAsked && isUnderWay };
  }
  const next: RingKey = { kid, issuedAt: now, signsFrom: now + propagationSeconds };
  return {
    keys: [...ring.keys, next],
    changes: [...ring.changes, ...told('Added', [next])],
    isRotationBegun: isRotationAsked,
  };
}

/** When a ring changes by itself, in seconds since the epoch; undefined when it does not. Pure. */
export function nextRingChangeAt(
  keys: readonly RingKey[],
  wishes: Pick<RingWishes, 'rotateEverySeconds'>,
): number | undefined {
  const moments = [
    pendingOf(keys)?.signsFrom,
    publicationAt(keys, wishes),
    ...keys.slice(1).map(({ verifiesUntil }) => verifiesUntil),
  ].filter((moment) => moment !== undefined);
  return moments.length === 0 ? undefined : Math.min(...moments);
}

/** When another key begins to sign, in seconds since the epoch; undefined when only the owner knows. Pure. */
export function nextSigningAt(
  keys: readonly RingKey[],
  wishes: Pick<RingWishes, 'rotateEverySeconds'>,
): number | undefined {
  const publishedAt = publicationAt(keys, wishes);
  return (
    pendingOf(keys)?.signsFrom ??
    (publishedAt === undefined ? undefined : publishedAt + propagationSeconds)
  );
}
