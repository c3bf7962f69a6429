// In a shop that has sold much, mails and old rows must be found along an index, never by looking at all events.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Database,
  type SqlValue,
  type Statement,
  type StatementRunner,
} from '../../../storefront-api/repositories/database.ts';
import { outboxRepository } from '../../../storefront-api/repositories/outbox-repository.ts';
import { sweep } from '../../../storefront-api/repositories/sweeper.ts';
import { asAdministrator, migratedDatabase, settingsOf } from '../../support/storefront.ts';

const eventCount = 20_000;
/** Of 8 kB. */
const fewBlocks = 50;
let database: Database;
let now: Date;

beforeAll(async () => {
  const url = await migratedDatabase();
  // A minute apart: none is old enough for the sweeper. All mails but one have been tried and wait.
  await asAdministrator(
    url,
    `INSERT INTO outbox (topic, payload, next_attempt_at, created_at)
       SELECT 'order.placed', '{"orderId": "7f2c1f0e-6f53-4f0e-9a3f-2f6f3b6f0a11", "number": 100001}', at, at
         FROM generate_series(1, ${eventCount}) n, LATERAL (SELECT now() - n * interval '1 minute' AS at) t;
     INSERT INTO outbox (topic, payload, next_attempt_at, created_at)
       SELECT 'mail.order-placed', '{}', now() + (n - 1) * interval '1 minute', now() - n * interval '1 minute'
         FROM generate_series(1, 2000) n`,
  );
  now = new Date();
  await asAdministrator(url, 'VACUUM ANALYZE');
  database = new Database({ ...settingsOf(url), poolSize: 2 });
});
afterAll(() => database.end());

interface PlanNode {
  readonly 'Relation Name'?: string;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
}

/** A database that runs what it is asked to run, explains it, and notes the blocks of the outbox that it looked at. */
class Explaining {
  readonly blocks: number[] = [];
  readonly #runner: StatementRunner = database;

  readonly run = async (
    { text }: Statement,
    values: readonly SqlValue[] = [],
  ): Promise<readonly unknown[]> => {
    if (text.includes('pg_try_advisory')) return [{ locked: true }];
    const [row] = await this.#runner.run<{ 'QUERY PLAN': readonly [{ Plan: PlanNode }] }>(
      { name: '', text: `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}` },
      values,
    );
    const plan = row?.['QUERY PLAN'][0].Plan;
    if (plan?.['Relation Name'] === 'outbox')
      this.blocks.push(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']);
    return [];
  };

  transaction(work: (runner: StatementRunner) => Promise<unknown>): Promise<unknown> {
    return work(this as unknown as StatementRunner);
  }
}

async function blocksOf(
  work: (explaining: Database) => Promise<unknown>,
): Promise<readonly number[]> {
  const explaining = new Explaining();
  await work(explaining as unknown as Database);
  return explaining.blocks;
}

describe(`with ${eventCount} events of orders few blocks are looked at`, () => {
  it('by the sender of mails, whether one is due or not', async () => {
    const lease = (explaining: Database) => outboxRepository(explaining).lease(now);
    const [due = Infinity] = await blocksOf(lease);
    const [none = Infinity] = await blocksOf(lease);
    expect([due, none].filter((blocks) => blocks >= fewBlocks)).toEqual([]);
  });

  it('by the sweeper that finds nothing to remove', async () => {
    const blocks = await blocksOf((explaining) => sweep(explaining, now));
    expect(blocks).toHaveLength(3);
    expect(blocks.filter((count) => count >= fewBlocks)).toEqual([]);
  });
});
