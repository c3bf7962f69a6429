// Counters that all replicas share, in PostgreSQL. While it is away each replica counts in its own memory: nothing is ever let
// through uncounted. The library rejects both for "too many" and for "store failed", and only the class tells them apart
// (https://github.com/firecrawl/firecrawl/issues/3728: outages became 429s).
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Count, CountedEvent, Counters } from './counters.ts';
import { MemoryCounters } from './memory-counters.ts';

/** What the library asks of a client. */
export interface CounterStatement {
  readonly name: string;
  readonly text: string;
  readonly values: (string | number | null)[];
}

/** The way to the table. */
export type SendCounterStatement = (
  statement: CounterStatement,
) => Promise<{ readonly rows: readonly unknown[]; readonly rowCount: number }>;

/** What the counters stand on. */
export interface SharedCounterDependencies {
  readonly send: SendCounterStatement;
  /** Called for each event that had to be counted in memory. */
  readonly onStoreFailure: (error: unknown) => void;
}

function countOf(result: RateLimiterRes, isAllowed: boolean): Count {
  return {
    isAllowed,
    consumed: result.consumedPoints,
    resetSeconds: Math.max(0, Math.ceil(result.msBeforeNext / 1000)),
  };
}

/** Counters in the table `rate_limits`. */
export class SharedCounters implements Counters {
  readonly #insurance = new MemoryCounters();
  readonly #limiters = new Map<string, RateLimiterPostgres>();
  readonly #dependencies: SharedCounterDependencies;

  constructor(dependencies: SharedCounterDependencies) {
    this.#dependencies = dependencies;
  }

  /** One statement; none for a key that this replica knows to be over its limit. */
  async consume(event: CountedEvent): Promise<Count> {
    const { allowance } = event;
    try {
      const limiter = this.#limiter(event.name, allowance.requests);
      const options = { customDuration: allowance.windowSeconds };
      return countOf(await limiter.consume(event.key, 1, options), true);
    } catch (failure) {
      if (failure instanceof RateLimiterRes) return countOf(failure, false);
      this.#dependencies.onStoreFailure(failure);
      return this.#insurance.consume(event);
    }
  }

  /** Begins at nothing again. */
  async forget(name: string, key: string): Promise<void> {
    this.#insurance.forget(name, key);
    try {
      await this.#limiters.get(name)?.delete(key);
    } catch (failure) {
      this.#dependencies.onStoreFailure(failure);
    }
  }

  #limiter(name: string, points: number): RateLimiterPostgres {
    const known = this.#limiters.get(name);
    if (known !== undefined) return known;
    const limiter = new RateLimiterPostgres({
      storeClient: { query: this.#dependencies.send },
      storeType: 'client',
      tableName: 'rate_limits',
      tableCreated: true, // by a migration: the API's role may not create tables
      clearExpiredByTimeout: false, // the sweeper does it
      keyPrefix: name,
      points,
      duration: 1, // each event brings its own
      inMemoryBlockOnConsumed: points + 1,
    });
    this.#limiters.set(name, limiter);
    return limiter;
  }
}
