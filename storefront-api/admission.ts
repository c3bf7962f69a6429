// How many requests may be at work. A server that takes everything it is offered answers everything late, then nothing in
// time; one that refuses what is too much at once stays as fast as it can be. A refusal costs a quarter of an answer.
// Requests that wait in the database are bounded by their number; what keeps the event loop busy shows as its delay, and
// then the bound shrinks until the delay is gone (additive increase, multiplicative decrease as in RFC 5681).
//
// A request whose body is still on its way is not at work: else whoever sends no body would keep everybody out for as long as
// a request may take. Those are bounded by themselves, for the memory that their bodies take.
import { Overloaded } from './errors.ts';
import type { Places } from './middleware/validate.ts';

/** Limits of admission. */
export const admissionLimits = {
  /**
   * Requests at work. At 10,000 answers a second, 128 mean that one waits for 13 ms; more of them make no more answers, but
   * more that the garbage collector has to keep alive.
   */
  most: 128,
  least: 16,
  /** Share of the limit that readers may use: who is buying comes before who is looking. */
  readerShare: 0.75,
  /** 99th percentile of the event loop's delay above which the limit shrinks. */
  shrinkAboveMs: 100,
  growBelowMs: 50,
  shrinkFactor: 0.7,
  growStep: 16,
  /** Requests that wait for their bodies: of 64 kB each, those take 64 MB. */
  mostWaiting: 1_000,
} as const;

/** Between which bounds the limit moves. */
export type AdmissionBounds = Pick<
  { readonly [Name in keyof typeof admissionLimits]: number },
  'most' | 'least'
>;

/** Counts requests at work. */
export class Admission implements Places {
  readonly #bounds: AdmissionBounds;
  #inFlight = 0;
  #waiting = 0;
  #refused = 0;
  #limit: number;

  constructor(bounds: AdmissionBounds = admissionLimits) {
    this.#bounds = bounds;
    this.#limit = bounds.most;
  }

  /** Requests that may be at work now. */
  get limit(): number {
    return this.#limit;
  }

  /** Requests refused so far. */
  get refused(): number {
    return this.#refused;
  }

  /** Takes a request in, or refuses it. Whoever was taken in must `leave`. */
  enter(method: string): boolean {
    const isFree = this.#isFree(method);
    if (isFree) this.#inFlight += 1;
    else this.#refused += 1;
    return isFree;
  }

  /**
   * Has a request that was taken in wait for its client, without a place.
   * @throws Overloaded when too many wait, or when no place is left afterwards; it is at work again then, and must `leave`
   */
  async wait<Result>(method: string, arrival: () => Promise<Result>): Promise<Result> {
    if (this.#waiting >= admissionLimits.mostWaiting) throw this.#refusal();
    this.#waiting += 1;
    this.#inFlight -= 1;
    try {
      const result = await arrival();
      if (!this.#isFree(method)) throw this.#refusal();
      return result;
    } finally {
      this.#waiting -= 1;
      this.#inFlight += 1;
    }
  }

  /** A request that was taken in is answered. */
  leave(): void {
    this.#inFlight -= 1;
  }

  /** Fits the limit to the event loop's delay since the last time. */
  adjust(delayP99Ms: number): void {
    const { most, least } = this.#bounds;
    const { shrinkAboveMs, growBelowMs, shrinkFactor, growStep } = admissionLimits;
    if (delayP99Ms > shrinkAboveMs) {
      this.#limit = Math.max(least, Math.floor(this.#limit * shrinkFactor));
    } else if (delayP99Ms < growBelowMs) {
      this.#limit = Math.min(most, this.#limit + growStep);
    }
  }

  #isFree(method: string): boolean {
    const isReader = method === 'GET' || method === 'HEAD';
    return this.#inFlight < (isReader ? this.#limit * admissionLimits.readerShare : this.#limit);
  }

  #refusal(): Overloaded {
    this.#refused += 1;
    return new Overloaded();
  }
}
