// Holds the operator back until the cluster has the CRD that it needs. Nothing crashes and nothing loops meanwhile: the
// readiness probe and the log say what is missing and how to mend it. The log does so at the second look: the document that
// is read follows a new CRD after about a second.
import type { Logger } from '../log.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { type Clock, sleep } from '../runtime/clock.ts';
import { crdProblem } from './crd-check.ts';

/** How often the CRD is looked at while it is missing or too old. */
const retryMs = 2_000;

/** The gate. */
export class CrdGate {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #log: Logger;
  #problem: string | undefined = 'the CRD has not been looked at yet';

  constructor(options: {
    readonly client: ApiClient;
    readonly clock: Clock;
    readonly log: Logger;
  }) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Why the gate is shut; undefined once it is open. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Resolves when the CRD is there and knows every field, or when the signal aborts. */
  async opened(signal: AbortSignal): Promise<void> {
    let told: string | undefined;
    while (!signal.aborted) {
      const before = this.#problem;
      const problem = await this.#look();
      this.#problem = problem;
      if (problem === undefined) return;
      if (problem === before && problem !== told) {
        this.#log.warn(`waiting: ${problem}`);
        told = problem;
      }
      await sleep(this.#clock, retryMs, signal);
    }
  }

  async #look(): Promise<string | undefined> {
    try {
      return await crdProblem(this.#client);
    } catch (error) {
      return `the CRD cannot be read: ${(error as Error).message}`;
    }
  }
}
