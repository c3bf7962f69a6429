// The keys of access tokens. The first signs, all verify. To change keys without signing anybody out: add the new one at the
// end, wait until every pod has it (the kubelet takes a minute or so to update a mounted Secret), move it to the front, and
// remove the old one when its last token has expired. The operator does that with the keys that it draws.
import { createSecretKey, type KeyObject } from 'node:crypto';

/** A key as the configuration has it. */
export interface KeyMaterial {
  readonly kid: string;
  readonly secret: Buffer;
}

/** The key that signs. */
export interface NamedKey {
  readonly kid: string;
  readonly key: KeyObject;
}

/** Keys by name. */
export class KeyRing {
  #keys: ReadonlyMap<string, KeyObject> = new Map();

  /** @throws Error when there is no key, or a name stands twice */
  constructor(keys: readonly KeyMaterial[]) {
    this.replace(keys);
  }

  /** The key for new tokens. */
  get signing(): NamedKey {
    const [first] = this.#keys;
    if (first === undefined) throw new Error('there is no key');
    return { kid: first[0], key: first[1] };
  }

  /** The key of that name. Looks nowhere else: a name from a token never causes I/O. */
  find(kid: string): KeyObject | undefined {
    return this.#keys.get(kid);
  }

  /**
   * Other keys from now on.
   * @throws Error when there is no key, or a name stands twice; the ring is as before then
   */
  replace(keys: readonly KeyMaterial[]): void {
    const ring = new Map(keys.map(({ kid, secret }) => [kid, createSecretKey(secret)]));
    if (ring.size === 0) throw new Error('there is no key');
    if (ring.size < keys.length) throw new Error('two keys have the same kid');
    this.#keys = ring;
  }
}
