// The one way to PostgreSQL. Statements are named, so each connection plans them once; every wait has a limit; and when
// the server changes under us (failover, restart) all connections go at once instead of failing one by one
// (https://github.com/brianc/node-postgres/issues/2650).
import { setTimeout } from 'node:timers/promises';
import { Pool, type PoolClient, type PoolConfig, TypeOverrides } from 'pg';
import type { ConnectionOptions } from 'node:tls';
import { DatabaseUnavailable } from '../errors.ts';
import {
  isConnectionFailure,
  isPoolEnding,
  isRetryableConflict,
  isUnavailable,
} from './database-errors.ts';
import { ReadConnections } from './read-connections.ts';

/** Limits of the database connection; `Ms` are milliseconds. */
export const databaseLimits = {
  /** To get a connection, new or free. */
  connectMs: 2_000,
  /** For one statement, counted by us; and by the server, a little less, so that it usually answers first. */
  queryMs: 5_000,
  statementMs: 4_500,
  /** For a lock that somebody else holds. */
  lockMs: 2_000,
  /** A transaction that does nothing holds locks for nobody. */
  idleInTransactionMs: 10_000,
  /** Connections are renewed, so that a changed DNS name is noticed. */
  lifetimeSeconds: 300,
  keepAliveAfterMs: 10_000,
  idleMs: 60_000,
  /** Runs of a transaction that loses races. */
  transactionAttempts: 4,
  /** Longest pause before such a run, times the number of runs so far: two that collided shall not collide again. */
  conflictPauseMs: 25,
} as const;

/** How to reach the database. */
export interface DatabaseSettings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** false: plain text. */
  readonly tls: false | ConnectionOptions;
  /** Connections in all; a third of them, at most `maxReadConnections`, carry the reads. */
  readonly poolSize: number;
}

/** More pipelined connections than this brought nothing in our measurement. */
const maxReadConnections = 4;

/** How many of the connections carry reads. A pool of one still has one of each kind. Pure. */
export function readConnectionCount(poolSize: number): number {
  return Math.max(1, Math.min(maxReadConnections, Math.floor(poolSize / 3)));
}

/** A statement; the name must belong to this text alone. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** What a statement may be given. */
export type SqlValue =
  | string
  | number
  | boolean
  | null
  | Date
  | Buffer
  | readonly string[]
  | readonly number[];

/** Runs statements: the pool, or one connection inside a transaction. */
export interface StatementRunner {
  /** Rows of a statement. Errors other than unavailability come through as `pg` throws them. */
  run<Row>(statement: Statement, values?: readonly SqlValue[]): Promise<readonly Row[]>;
}

const bigintOid = 20;

/** bigint as a number: amounts and counts stay far below 2^53, and one that does not is an error. */
export function exactNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('a bigint does not fit a number');
  return value;
}

const typeParsers = new TypeOverrides();
typeParsers.setTypeParser(bigintOid, exactNumber);

/** Settings of a single `pg` connection. */
export function connectionConfig(settings: DatabaseSettings): PoolConfig {
  const { host, port, database, user, password, tls } = settings;
  return {
    host,
    port,
    database,
    user,
    password,
    ssl: tls,
    application_name: 'storefront-api',
    types: typeParsers,
    connectionTimeoutMillis: databaseLimits.connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: databaseLimits.keepAliveAfterMs,
  };
}

/** The same with limits of time for whatever serves requests. */
function limitedConfig(settings: DatabaseSettings): PoolConfig {
  return {
    ...connectionConfig(settings),
    query_timeout: databaseLimits.queryMs,
    statement_timeout: databaseLimits.statementMs,
    lock_timeout: databaseLimits.lockMs,
  };
}

function createPool(settings: DatabaseSettings, onLost: (error: Error) => void): Pool {
  const pool = new Pool({
    ...limitedConfig(settings),
    max: Math.max(1, settings.poolSize - readConnectionCount(settings.poolSize)),
    idle_in_transaction_session_timeout: databaseLimits.idleInTransactionMs,
    maxLifetimeSeconds: databaseLimits.lifetimeSeconds,
    idleTimeoutMillis: databaseLimits.idleMs,
    allowExitOnIdle: false,
  });
  pool.on('error', onLost);
  // The pool listens to those that are idle only. An error that nobody listens to would end the process.
  pool.on('connect', (client) => client.on('error', onLost));
  return pool;
}

/** The connections: pipelined ones for reads, a pool for everything else. */
export class Database implements StatementRunner {
  #pool: Pool;
  readonly #readers: ReadConnections;
  #statements = 0;
  #drops = 0;
  readonly #settings: DatabaseSettings;

  constructor(settings: DatabaseSettings) {
    this.#settings = settings;
    this.#pool = this.#newPool();
    this.#readers = new ReadConnections(
      limitedConfig(settings),
      readConnectionCount(settings.poolSize),
      databaseLimits.lifetimeSeconds * 1_000,
    );
  }

  /** Statements sent so far, those of transactions with them; tests take the difference. */
  get statements(): number {
    return this.#statements;
  }

  /** How often all connections were dropped. */
  get drops(): number {
    return this.#drops;
  }

  /** Connections now. */
  get connections(): { readonly total: number; readonly idle: number; readonly waiting: number } {
    const { totalCount, idleCount, waitingCount } = this.#pool;
    const { total, idle } = this.#readers.numbers;
    return { total: totalCount + total, idle: idleCount + idle, waiting: waitingCount };
  }

  /**
   * A statement that only reads: tried once more on a fresh connection when the first one failed.
   * @throws DatabaseUnavailable
   */
  async read<Row>(statement: Statement, values: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return twice(() => this.#sendRead<Row>(statement, values));
  }

  /**
   * A statement that may write: never repeated, since it may have been done although the answer was lost.
   * @throws DatabaseUnavailable
   */
  async run<Row>(statement: Statement, values: readonly SqlValue[] = []): Promise<readonly Row[]> {
    try {
      return await this.#send<Row>(statement, values);
    } catch (error) {
      throw unavailableOr(error);
    }
  }

  /**
   * A statement that may be repeated, since it notices itself what it has done already or does nothing a second time:
   * run again when it lost a race (it was undone as a whole), and once on a fresh connection when the first one failed.
   * @throws DatabaseUnavailable
   */
  async runRepeatable<Row>(
    statement: Statement,
    values: readonly SqlValue[] = [],
  ): Promise<readonly Row[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await twice(() => this.#send<Row>(statement, values));
      } catch (error) {
        const mayRepeat =
          isRetryableConflict(error) && attempt < databaseLimits.transactionAttempts;
        if (!mayRepeat) throw error;
        await setTimeout(Math.random() * databaseLimits.conflictPauseMs * attempt);
      }
    }
  }

  /**
   * Several statements that happen together or not at all; run again when they lose a race, so `work` must be repeatable.
   * @throws DatabaseUnavailable, or what `work` throws
   */
  async transaction<Result>(work: (runner: StatementRunner) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(work);
      } catch (error) {
        const mayRepeat =
          isRetryableConflict(error) && attempt < databaseLimits.transactionAttempts;
        if (!mayRepeat) throw unavailableOr(error);
      }
    }
  }

  /** Ends all connections when they are free. */
  async end(): Promise<void> {
    await Promise.all([this.#pool.end(), this.#readers.end()]);
  }

  #sendRead<Row>(statement: Statement, values: readonly SqlValue[]): Promise<readonly Row[]> {
    return this.#guarded(() => this.#readers.send<Row>(queryOf(statement, values)));
  }

  #send<Row>(statement: Statement, values: readonly SqlValue[]): Promise<readonly Row[]> {
    return this.#guarded(async () => {
      const { rows } = await this.#pool.query(queryOf(statement, values));
      return rows as Row[];
    });
  }

  /** Counts a statement, and drops the connections when its failure says that the server has changed. */
  async #guarded<Rows>(send: () => Promise<Rows>): Promise<Rows> {
    const pool = this.#pool;
    this.#statements += 1;
    try {
      return await send();
    } catch (error) {
      return this.#failed(pool, error);
    }
  }

  async #attempt<Result>(work: (runner: StatementRunner) => Promise<Result>): Promise<Result> {
    const pool = this.#pool;
    const client = await pool.connect().catch((error: unknown) => this.#failed(pool, error));
    let failure: Error | undefined;
    try {
      await this.#onClient(client, { name: 'begin', text: 'BEGIN' }, []);
      const runner = {
        run: <Row>(statement: Statement, values: readonly SqlValue[] = []) =>
          this.#onClient<Row>(client, statement, values),
      };
      const result = await work(runner);
      await this.#onClient(client, { name: 'commit', text: 'COMMIT' }, []);
      return result;
    } catch (error) {
      failure = await rollback(client);
      return this.#failed(pool, error);
    } finally {
      client.release(failure);
    }
  }

  async #onClient<Row>(
    client: PoolClient,
    statement: Statement,
    values: readonly SqlValue[],
  ): Promise<readonly Row[]> {
    this.#statements += 1;
    return (await client.query(queryOf(statement, values))).rows as Row[];
  }

  #failed(pool: Pool, error: unknown): never {
    if (isPoolEnding(error)) this.#drop(pool);
    throw error;
  }

  /** A new pool at once; the old one ends by itself. Requests that met the same failure drop it only once. */
  #drop(pool: Pool): void {
    if (pool !== this.#pool) return;
    this.#drops += 1;
    this.#pool = this.#newPool();
    this.#readers.renew();
    void pool.end().catch(() => undefined);
  }

  #newPool(): Pool {
    const pool: Pool = createPool(this.#settings, (error) => {
      if (isPoolEnding(error)) this.#drop(pool);
    });
    return pool;
  }
}

/** What `pg` takes; it may keep the array. */
function queryOf({ name, text }: Statement, values: readonly SqlValue[]) {
  return { name, text, values: [...values] };
}

/** Sends once more, on a fresh connection, when the first one failed. */
async function twice<Result>(send: () => Promise<Result>): Promise<Result> {
  try {
    return await send();
  } catch (error) {
    if (!isConnectionFailure(error)) throw unavailableOr(error);
  }
  try {
    return await send();
  } catch (error) {
    throw unavailableOr(error);
  }
}

async function rollback(client: PoolClient): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error as Error; // the connection is of no use any more
  }
}

function unavailableOr(error: unknown): unknown {
  return isUnavailable(error) ? new DatabaseUnavailable(error) : error;
}
