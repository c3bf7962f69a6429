// Guesses at one account. Addresses are limited before (class-limiter.ts); here an account is, from wherever the guesses come,
// in such a way that a stranger cannot keep the owner out:
// - a pair of account and client has the allowance of the class `login`;
// - an account has four times that over all clients; beyond it one attempt passes in a pause that doubles up to a minute;
// - a browser that has signed in to the account before carries a device cookie, has a pair of its own and is not
//   counted with the strangers (https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies).
// A success forgets the pair, and nothing else. Keys are hashes: the table names nobody.
import { createHash } from 'node:crypto';
import { clientKey } from '../domain/client-key.ts';
import type { Allowance, Count, CountedEvent, Counters } from './counters.ts';
import { FirstRefusals } from './first-refusals.ts';

/** Attempts on one account from unknown clients, in multiples of a pair's. */
export const accountFactor = 4;

/** Longest pause between attempts on an account that is under attack. */
export const maxPauseSeconds = 60;

/** A guess. */
export interface SignInAttempt {
  /** In canonical form; whether anybody has it makes no difference. */
  readonly email: string;
  readonly ip: string;
  /** Of a device that has signed in to this account before. */
  readonly device: string | undefined;
  readonly now: Date;
}

/** May the guess be made? */
export interface SignInVerdict {
  readonly isAllowed: boolean;
  /** Until another one may be made, when this one may not. */
  readonly retryAfterSeconds: number;
  /** The limit that refused; empty when none did. */
  readonly limit: string;
  /** The first refusal by this limit in its window. */
  readonly isFirstRefusal: boolean;
}

const allowed: SignInVerdict = {
  isAllowed: true,
  retryAfterSeconds: 0,
  limit: '',
  isFirstRefusal: false,
};

function hashed(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

/** Seconds between attempts after so many more than allowed. Pure. */
export function pauseSeconds(surplus: number): number {
  return Math.min(maxPauseSeconds, 2 ** Math.min(surplus, 10));
}

/** Counts guesses at accounts. */
export class SignInLimits {
  readonly #counters: Counters;
  readonly #pair: Allowance;
  readonly #refusals = new FirstRefusals();

  constructor(counters: Counters, pair: Allowance) {
    this.#counters = counters;
    this.#pair = pair;
  }

  /** Counts the attempt before its password is looked at, so that many at once count as many. */
  async admit(attempt: SignInAttempt): Promise<SignInVerdict> {
    const { now } = attempt;
    const event = { name: 'login-pair', key: pairKey(attempt), allowance: this.#pair, now };
    const pair = await this.#counters.consume(event);
    if (!pair.isAllowed) return this.#refused(event, pair, pair.resetSeconds);
    return attempt.device === undefined ? this.#admitStranger(attempt) : allowed;
  }

  /** The password was right. */
  succeeded(attempt: SignInAttempt): Promise<void> {
    return this.#counters.forget('login-pair', pairKey(attempt));
  }

  async #admitStranger({ email, now }: SignInAttempt): Promise<SignInVerdict> {
    const { requests, windowSeconds } = this.#pair;
    const key = hashed(email);
    const limit = requests * accountFactor;
    // The limit is our own question: the counter itself must go on counting beyond it.
    const allowance = { requests: Number.MAX_SAFE_INTEGER, windowSeconds };
    const event = { name: 'login-account', key, allowance, now };
    const account = await this.#counters.consume(event);
    if (account.consumed <= limit) return allowed;
    const pause = { requests: 1, windowSeconds: pauseSeconds(account.consumed - limit) };
    const gate = await this.#counters.consume({ name: 'login-pause', key, allowance: pause, now });
    return gate.isAllowed ? allowed : this.#refused(event, account, gate.resetSeconds);
  }

  #refused(event: CountedEvent, count: Count, retryAfterSeconds: number): SignInVerdict {
    const isFirstRefusal = this.#refusals.isFirst(event, count);
    return { isAllowed: false, retryAfterSeconds, limit: event.name, isFirstRefusal };
  }
}

function pairKey({ email, ip, device }: SignInAttempt): string {
  return hashed(email, device ?? clientKey(ip));
}
