// Keeps pages for a moment. A page is fresh for its time to live; a little longer it is served while it is loaded anew in
// the background (RFC 5861); and while the database is away it is served for minutes. However many ask for a page that is
// not there, it is loaded once. That something is not there (404) is kept like a page. When the cache is full of pages that
// may be served, another is kept only if it was asked for twice: whoever walks through the whole catalogue drives nothing out.
import { LRUCache } from 'lru-cache';
import { HttpProblem } from '../errors.ts';
import { Compressor } from './compression.ts';
import { Doorkeeper } from './doorkeeper.ts';
import { Page } from './page.ts';

/** Limits of the cache. */
export const pageLimits = {
  /** All pages together: a tenth of the memory that a small pod has. */
  bytes: 32 * 1024 * 1024,
  /** Addresses that are known to mean a page. */
  aliasBytes: 8 * 1024 * 1024,
  /** After the time to live, a page is still served while it is loaded anew. */
  whileRevalidateMs: 2_000,
  /** While the database is away: a failover of a managed PostgreSQL takes one to two minutes. */
  ifErrorMs: 5 * 60 * 1_000,
  /** While the database is away, it is asked again this often. */
  retryMs: 1_000,
} as const;

/** What a page takes besides its bytes: objects, headers, the place in the list. */
const overheadBytes = 2_048;
const problemBytes = 512;

/** A page, or the problem that everybody gets instead of it. */
export type Outcome = Page | HttpProblem;

/** How to get a page. */
export interface PageSource {
  readonly key: string;
  readonly ttlMs: number;
  /** @throws HttpProblem */
  readonly load: () => Promise<Page>;
}

interface Slot {
  readonly source: PageSource;
  readonly outcome: Outcome;
  readonly loadedAt: number;
}

function sizeOf({ source, outcome }: Slot): number {
  // Compressed bodies are smaller than the plain one: twice its size covers all three in practice.
  const body = outcome instanceof Page ? outcome.identity.length * 2 : problemBytes;
  return body + source.key.length + overheadBytes;
}

function isUnavailable(error: unknown): boolean {
  return error instanceof HttpProblem && error.status === 503;
}

/** The pages. */
export class PageStore {
  readonly compressor = new Compressor();
  readonly #slots = new LRUCache<string, Slot>({
    maxSize: pageLimits.bytes,
    sizeCalculation: sizeOf,
  });
  readonly #aliases = new LRUCache<string, string>({
    maxSize: pageLimits.aliasBytes,
    sizeCalculation: (key, alias) => key.length + alias.length + 64,
  });
  readonly #doorkeeper = new Doorkeeper();
  readonly #flights = new Map<string, Promise<Outcome>>();
  readonly #now: () => number;
  #isAway = false;
  #retryAt = 0;
  #lastLoadedAt = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Can reads go on although the database is away? */
  get canServeStale(): boolean {
    return this.#slots.size > 0 && this.#now() - this.#lastLoadedAt < pageLimits.ifErrorMs;
  }

  /** Bytes in use, by the cache's own count. */
  get bytes(): number {
    return this.#slots.calculatedSize;
  }

  /**
   * Remembers that an address, in the words of its request, means a page, if that is kept. Only for requests that were
   * validated.
   */
  alias(address: string, key: string): void {
    if (this.#slots.has(key) && this.#aliases.get(address) !== key) this.#aliases.set(address, key);
  }

  /** What can be answered to an address at once. */
  readyAt(address: string): Outcome | undefined {
    const key = this.#aliases.get(address);
    return key === undefined ? undefined : this.ready(key);
  }

  /** What can be answered at once; a stale page is loaded anew behind the caller's back. */
  ready(key: string): Outcome | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    const lateMs = this.#now() - slot.loadedAt - slot.source.ttlMs;
    if (lateMs < 0) return slot.outcome;
    if (lateMs >= (this.#isAway ? pageLimits.ifErrorMs : pageLimits.whileRevalidateMs))
      return undefined;
    this.#refresh(slot.source);
    return slot.outcome;
  }

  /**
   * A page, from the cache or loaded.
   * @throws HttpProblem, the one that was kept or a new one
   */
  async page(source: PageSource): Promise<Page> {
    const outcome = this.ready(source.key) ?? (await this.#loadedOrStale(source));
    if (outcome instanceof HttpProblem) throw outcome;
    return outcome;
  }

  async #loadedOrStale(source: PageSource): Promise<Outcome> {
    try {
      return await this.#load(source);
    } catch (error) {
      const slot = this.#slots.peek(source.key);
      if (slot === undefined || !isUnavailable(error)) throw error;
      if (this.#isOver(slot)) throw error;
      return slot.outcome;
    }
  }

  #refresh(source: PageSource): void {
    if (this.#isAway && (this.#flights.size > 0 || this.#now() < this.#retryAt)) return;
    // Whoever waits for a page hears of a failure; here the stale one has been answered already.
    this.#load(source).catch(() => undefined);
  }

  #load(source: PageSource): Promise<Outcome> {
    const before = this.#flights.get(source.key);
    if (before !== undefined) return before;
    const flight = this.#fly(source).finally(() => this.#flights.delete(source.key));
    this.#flights.set(source.key, flight);
    return flight;
  }

  async #fly(source: PageSource): Promise<Outcome> {
    // The age counts from the question, not from the answer: what was read may have changed since.
    const loadedAt = this.#now();
    try {
      const outcome = await this.#outcome(source);
      this.#keep({ source, outcome, loadedAt });
      this.#isAway = false;
      this.#lastLoadedAt = loadedAt;
      return outcome;
    } catch (error) {
      if (isUnavailable(error)) {
        this.#isAway = true;
        this.#retryAt = this.#now() + pageLimits.retryMs;
      }
      throw error;
    }
  }

  #keep(slot: Slot): void {
    const { key } = slot.source;
    if (this.#slots.has(key) || this.#hasRoom(slot) || this.#doorkeeper.hasSeen(key))
      this.#slots.set(key, slot);
  }

  /** Is there room without driving out what may still be served? */
  #hasRoom(slot: Slot): boolean {
    if (this.#slots.calculatedSize + sizeOf(slot) <= pageLimits.bytes) return true;
    const [longestUnused] = this.#slots.rvalues();
    return longestUnused !== undefined && this.#isOver(longestUnused);
  }

  /** Is this too old even for a database that is away? */
  #isOver({ source, loadedAt }: Slot): boolean {
    return this.#now() - loadedAt >= source.ttlMs + pageLimits.ifErrorMs;
  }

  async #outcome(source: PageSource): Promise<Outcome> {
    try {
      const page = await source.load();
      const before = this.#slots.peek(source.key)?.outcome;
      return await page.replacing(before instanceof Page ? before : undefined, this.compressor);
    } catch (error) {
      if (error instanceof HttpProblem && error.status === 404) return error;
      throw error;
    }
  }
}
