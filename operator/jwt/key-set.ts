// The keys of access tokens as a file: a JWK Set (RFC 7517) of symmetric keys for HS256, of which the first signs and all
// verify. When a key was made, signs and ends stands in the members `iat`, `nbf` and `exp`, in seconds since the epoch:
// https://www.iana.org/assignments/jose/jose.xhtml#web-key-parameters. Messages never quote the file: it is secret.

/** One key as it stands in the file. */
export interface Jwk {
  readonly kty: 'oct';
  readonly kid: string;
  readonly k: string;
  readonly iat?: number;
  readonly nbf?: number;
  readonly exp?: number;
  readonly [member: string]: unknown;
}

/** A key without its secret. Times are in seconds since the epoch. */
export interface RingKey {
  readonly kid: string;
  readonly issuedAt: number;
  /** When it began, or is to begin, to sign; undefined for a key that somebody else added. */
  readonly signsFrom?: number;
  /** When nothing that it signed is valid any more; undefined while that is not settled. */
  readonly verifiesUntil?: number;
}

/** What a key set is found to be. `unusable`: see `KeySetError`. */
export type SeenKeySet =
  | { readonly kind: 'read'; readonly keys: readonly RingKey[] }
  | { readonly kind: 'unusable'; readonly problem: string };

/** A key set that cannot be used: the API would refuse it, or no status could tell its times. The message completes "the key set ...". */
export class KeySetError extends Error {}

/** RFC 7518 section 3.2: an HS256 key has at least the size of the hash. */
export const minSecretBytes = 32;

/** As many as the API takes. */
const maxKeys = 10;
const maxKidLength = 128;

/** The end of the year 9999, in seconds since the epoch: the last that RFC 3339, and so the status, can write. */
const maxTime = 253_402_300_799;

function isTime(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= maxTime;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function membersOf(text: string): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new KeySetError('is not JSON'); // the cause would quote the secret
  }
  const keys = isObject(value) ? value['keys'] : undefined;
  if (!Array.isArray(keys)) throw new KeySetError('has no list "keys"');
  if (keys.length === 0) throw new KeySetError('has no key');
  if (keys.length > maxKeys) throw new KeySetError(`has more than ${maxKeys} keys`);
  return keys;
}

function keyOf(member: unknown, index: number): Jwk {
  const told = `keys[${index}]`;
  if (!isObject(member) || member['kty'] !== 'oct')
    throw new KeySetError(`has at ${told} no key of kty oct`);
  const { alg = 'HS256', kid, k } = member;
  if (alg !== 'HS256') throw new KeySetError(`has at ${told} another alg than HS256`);
  if (typeof kid !== 'string' || kid === '' || kid.length > maxKidLength)
    throw new KeySetError(`has at ${told} no kid of 1 to ${maxKidLength} characters`);
  const bytes = typeof k === 'string' ? Buffer.from(k, 'base64url').length : 0;
  if (bytes < minSecretBytes)
    throw new KeySetError(`has at ${told} a key of ${bytes} bytes instead of ${minSecretBytes}`);
  for (const name of ['iat', 'nbf', 'exp']) {
    const time = member[name];
    if (time !== undefined && !isTime(time)) {
      const remedy = `write whole seconds since the epoch, 0 to ${maxTime}`;
      throw new KeySetError(`has at ${told} no time in ${name}: ${remedy}`);
    }
  }
  return member as Jwk;
}

/**
 * Reads a key set. Pure.
 * @throws KeySetError when it cannot be used
 */
export function parseKeySet(text: string): readonly Jwk[] {
  const keys = membersOf(text).map(keyOf);
  const names = new Set(keys.map(({ kid }) => kid));
  if (names.size < keys.length) throw new KeySetError('has a kid twice');
  return keys;
}

/** Without times of its own the key that signs is as old as its Secret: key sets of before had none. */
function ringKey({ kid, iat, nbf, exp }: Jwk, index: number, createdAt: number): RingKey {
  const issuedAt = iat ?? createdAt;
  const signsFrom = nbf ?? (index === 0 ? issuedAt : undefined);
  return {
    kid,
    issuedAt,
    ...(signsFrom !== undefined && { signsFrom }),
    ...(exp !== undefined && index > 0 && { verifiesUntil: exp }),
  };
}

/** What a key set says apart from its secrets. Pure. `createdAt` in seconds since the epoch. */
export function readKeySet(text: string, createdAt: number): SeenKeySet {
  try {
    const keys = parseKeySet(text).map((key, index) => ringKey(key, index, createdAt));
    return { kind: 'read', keys };
  } catch (error) {
    if (!(error instanceof KeySetError)) throw error;
    return { kind: 'unusable', problem: error.message };
  }
}

/** A new key with a secret. Pure. */
export function jwk(kid: string, secret: Buffer): Jwk {
  return { kty: 'oct', use: 'sig', alg: 'HS256', kid, k: secret.toString('base64url') };
}

/**
 * The file for a ring. Pure.
 * @param jwks where the secrets of its keys are
 * @throws Error when one is missing
 */
export function keySetText(ring: readonly RingKey[], jwks: readonly Jwk[]): string {
  const byKid = new Map(jwks.map((key) => [key.kid, key]));
  const keys = ring.map(({ kid, issuedAt, signsFrom, verifiesUntil }) => {
    const found = byKid.get(kid);
    if (found === undefined) throw new Error(`there is no secret for key ${kid}`);
    const { exp: _exp, ...kept } = found;
    return {
      ...kept,
      iat: issuedAt,
      ...(signsFrom !== undefined && { nbf: signsFrom }),
      ...(verifiesUntil !== undefined && { exp: verifiesUntil }),
    };
  });
  return JSON.stringify({ keys });
}
