// Connections for reads. Several statements are on their way on each at the same time (pipelining): the next is sent
// before the last is answered, which served half as many reads again as a pool of one-at-a-time connections in our
// measurement, with half the processor time of PostgreSQL. Statements end themselves with a Sync, so one that fails
// harms no other. Transactions are never run here.
import { Client, type ClientConfig } from 'pg';
import { isConnectionFailure } from './database-errors.ts';

/** What is sent. */
export interface ReadQuery {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/** Numbers of the connections. */
export interface ReadNumbers {
  readonly total: number;
  readonly idle: number;
}

/** One connection; it is opened at its first use. */
class Lane {
  /** Statements sent and not answered. */
  inFlight = 0;
  isConnected = false;
  readonly retireAt: number;
  readonly #client: Client;
  #opening: Promise<unknown> | undefined;

  constructor(config: ClientConfig, retireAt: number) {
    this.retireAt = retireAt;
    this.#client = new Client({ ...config, pipeline: true });
    // The statements at work hear of it too; this only keeps the process from ending.
    this.#client.on('error', () => {
      this.isConnected = false;
    });
    this.#client.on('end', () => {
      this.isConnected = false;
    });
  }

  get isBroken(): boolean {
    return this.#opening !== undefined && !this.isConnected && this.inFlight === 0;
  }

  async send<Row>(query: ReadQuery): Promise<readonly Row[]> {
    this.inFlight += 1;
    try {
      this.#opening ??= this.#client.connect().then(() => {
        this.isConnected = true;
      });
      if (!this.isConnected) await this.#opening;
      return (await this.#client.query(query)).rows as Row[];
    } finally {
      this.inFlight -= 1;
    }
  }

  /** Ends when everything sent is answered. */
  async end(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    await this.#client.end();
  }
}

/** The connections. */
export class ReadConnections {
  readonly #config: ClientConfig;
  readonly #lifetimeMs: number;
  #lanes: Lane[];

  constructor(config: ClientConfig, size: number, lifetimeMs: number) {
    this.#config = config;
    this.#lifetimeMs = lifetimeMs;
    this.#lanes = Array.from({ length: size }, () => this.#newLane());
  }

  /** Connections now. */
  get numbers(): ReadNumbers {
    const open = this.#lanes.filter(({ isConnected }) => isConnected);
    return { total: open.length, idle: open.filter(({ inFlight }) => inFlight === 0).length };
  }

  /**
   * Sends a statement on the connection with the least to do. When a connection fails, all are renewed: the server at
   * the other end is the same.
   */
  async send<Row>(query: ReadQuery): Promise<readonly Row[]> {
    const lane = this.#leastBusy();
    try {
      return await lane.send<Row>(query);
    } catch (error) {
      if (isConnectionFailure(error) && this.#lanes.includes(lane)) this.renew();
      throw error;
    }
  }

  /** New connections for what comes; the old ones end by themselves. */
  renew(): void {
    const old = this.#lanes;
    this.#lanes = old.map(() => this.#newLane());
    for (const lane of old) void lane.end().catch(() => undefined);
  }

  /** Ends all connections when everything sent is answered. */
  async end(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.end()));
  }

  #leastBusy(): Lane {
    let best = 0;
    for (let at = 1; at < this.#lanes.length; at += 1) {
      if ((this.#lanes[at]?.inFlight ?? 0) < (this.#lanes[best]?.inFlight ?? 0)) best = at;
    }
    const lane = this.#lanes[best] as Lane;
    if (!lane.isBroken && performance.now() < lane.retireAt) return lane;
    const fresh = this.#newLane();
    this.#lanes[best] = fresh;
    void lane.end().catch(() => undefined);
    return fresh;
  }

  #newLane(): Lane {
    return new Lane(this.#config, performance.now() + this.#lifetimeMs);
  }
}
