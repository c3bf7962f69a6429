// Ready means: can answer reads. That takes a database that answers, or a cache that may still serve what it has; and
// nobody has asked us to stop. A look at the products also fails while the schema is missing.
import type { Database, Statement } from './repositories/database.ts';

const lookIntervalMs = 2_000;

/** Looks at the database in the background. */
export class Readiness {
  #isReachable = false;
  #isStopping = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #look: () => Promise<unknown>;
  readonly #canServeStale: () => boolean;

  constructor(database: Database, look: Statement, canServeStale: () => boolean) {
    this.#look = () => database.read(look);
    this.#canServeStale = canServeStale;
  }

  /** For probes: costs nothing. */
  get isReady(): boolean {
    return !this.#isStopping && (this.#isReachable || this.#canServeStale());
  }

  /** Looks once, then goes on in the background. */
  async start(): Promise<void> {
    await this.#lookOnce();
    if (this.#isStopping) return;
    this.#timer = setTimeout(() => void this.start(), lookIntervalMs);
    this.#timer.unref();
  }

  /** Not ready from now on. */
  stop(): void {
    this.#isStopping = true;
    clearTimeout(this.#timer);
  }

  async #lookOnce(): Promise<void> {
    try {
      await this.#look();
      this.#isReachable = true;
    } catch {
      this.#isReachable = false;
    }
  }
}
