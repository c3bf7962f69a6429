// Passwords are kept as argon2id with 19 MiB, 2 passes, 1 lane (OWASP Password Storage Cheat Sheet; ASVS 5.0, 11.4.2). A hash
// takes a core for about 20 ms, so hashes run one a core and a bounded number waits: a flood of sign-ins gets 503, and
// browsing goes on.
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { hash, parseOptions, verify } from '@node-rs/argon2';
import { normalizedPassword } from '../domain/password-policy.ts';
import { HttpProblem } from '../errors.ts';

/** Parameters of argon2id; `memoryCost` in KiB. */
export const argon2Parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashes that may wait for a core; at 50 a second and core the last one waits about a second. */
export const maxWaitingHashes = 64;

const retryAfterSeconds = 2;
const dummyPasswordBytes = 24;

/** What a hash costs. */
export type Argon2Parameters = Readonly<Record<keyof typeof argon2Parameters, number>>;

/** Bounds of the work; the defaults are one hash a core and `maxWaitingHashes`. */
export interface HasherOptions {
  readonly parameters?: Argon2Parameters;
  readonly concurrency?: number;
  readonly maxWaiting?: number;
}

/** Every core is busy with passwords and the queue is full. */
function tooBusy(): HttpProblem {
  return new HttpProblem([503, 'unavailable'], 'too many people are signing in, try again soon', {
    headers: { 'retry-after': String(retryAfterSeconds) },
  });
}

/** Makes and checks hashes. */
export class PasswordHasher {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #parameters: Argon2Parameters;
  readonly #concurrency: number;
  readonly #maxWaiting: number;
  readonly #dummy: Promise<string>;

  constructor(options: HasherOptions = {}) {
    this.#parameters = options.parameters ?? argon2Parameters;
    this.#concurrency = options.concurrency ?? availableParallelism();
    this.#maxWaiting = options.maxWaiting ?? maxWaitingHashes;
    this.#dummy = this.hash(randomBytes(dummyPasswordBytes).toString('base64url'));
  }

  /**
   * A hash in PHC form.
   * @throws HttpProblem 503 when too many wait
   */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(normalizedPassword(password), this.#parameters));
  }

  /**
   * Is it the password? Without a hash (nobody has that address) it takes as long and says no.
   * @throws HttpProblem 503 when too many wait
   */
  async isPassword(password: string, hashed: string | undefined): Promise<boolean> {
    const against = hashed ?? (await this.#dummy);
    const matches = await this.#inTurn(() => verify(against, normalizedPassword(password)));
    return matches && hashed !== undefined;
  }

  /** Was the hash made with less than what is used now? Then it is replaced at the next sign-in. */
  isOutdated(hashed: string): boolean {
    const { memoryCost, timeCost, parallelism } = parseOptions(hashed);
    return (
      memoryCost < this.#parameters.memoryCost ||
      timeCost < this.#parameters.timeCost ||
      parallelism < this.#parameters.parallelism
    );
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#concurrency) {
      if (this.#waiting.length >= this.#maxWaiting) throw tooBusy();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      // The place goes to the next one directly, so nobody can slip in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
