// What goes on without a request: old rows go, mails leave, keys are read again.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reloadKeys } from '../../../../storefront-api/account-services.ts';
import { KeyRing } from '../../../../storefront-api/accounts/key-ring.ts';
import { createStaff } from '../../../../storefront-api/create-staff.ts';
import { ConfigError } from '../../../../storefront-api/errors.ts';
import {
  loggingDelivery,
  type MailDelivery,
  sendDueMails,
} from '../../../../storefront-api/mail/mail-delivery.ts';
import { outboxRepository } from '../../../../storefront-api/repositories/outbox-repository.ts';
import { Database } from '../../../../storefront-api/repositories/database.ts';
import { retentionMs, sweep, sweepBatch } from '../../../../storefront-api/repositories/sweeper.ts';
import { RepeatingWork } from '../../../../storefront-api/repeating-work.ts';
import {
  startedApi,
  asAdministrator,
  migratedDatabase,
  settingsOf,
} from '../../../support/storefront.ts';
import { capturedLog } from '../../../support/captured-log.ts';
import { goodPassword, sendJson, signedInShopper, signIn } from '../../../support/shoppers.ts';

const now = new Date();
const ago = (ms: number): string => `'${new Date(now.getTime() - ms).toISOString()}'::timestamptz`;

let url: string;
let database: Database;
beforeAll(async () => {
  url = await migratedDatabase();
  database = new Database({ ...settingsOf(url), poolSize: 4 });
});
afterAll(() => database.end());

const execute = (sql: string): Promise<readonly unknown[]> => asAdministrator(url, sql);

async function countOf(table: string): Promise<number> {
  const [row] = (await execute(`SELECT count(*)::int AS n FROM ${table}`)) as [{ n: number }];
  return row.n;
}

const aUser = '7f2c1f0e-6f53-4f0e-9a3f-2f6f3b6f0a11';

async function fill(): Promise<void> {
  const { sessions, accountTokens, guestCarts, idempotencyKeys } = retentionMs;
  const older = (ms: number): string => ago(ms + 60_000);
  const younger = (ms: number): string => ago(ms - 60_000);
  await execute(`
    INSERT INTO users (id, email, password_hash) VALUES ('${aUser}', 'sweep@example.com', '$argon2id$x');
    INSERT INTO sessions (id, user_id, refresh_hash, created_at, expires_at, revoked_at) VALUES
      (gen_random_uuid(), '${aUser}', sha256('1'), ${older(sessions * 2)}, ${older(sessions)}, NULL),
      (gen_random_uuid(), '${aUser}', sha256('2'), ${older(sessions * 2)}, ${younger(sessions)}, NULL),
      (gen_random_uuid(), '${aUser}', sha256('3'), ${older(sessions * 2)}, now() + interval '1 h', ${older(sessions)}),
      (gen_random_uuid(), '${aUser}', sha256('4'), ${older(sessions * 2)}, now() + interval '1 h', ${younger(sessions)});
    INSERT INTO account_tokens (token_hash, user_id, purpose, created_at, expires_at) VALUES
      (sha256('1'), '${aUser}', 'verify-email', ${older(accountTokens * 2)}, ${older(accountTokens)}),
      (sha256('2'), '${aUser}', 'verify-email', ${older(accountTokens * 2)}, ${younger(accountTokens)});
    INSERT INTO carts (user_id, updated_at) VALUES
      (NULL, ${older(guestCarts)}), (NULL, ${younger(guestCarts)}), ('${aUser}', ${older(guestCarts)});
    INSERT INTO idempotency_keys (scope, key, request_hash, created_at) VALUES
      ('a', '1', sha256('1'), ${older(idempotencyKeys)}), ('a', '2', sha256('1'), ${younger(idempotencyKeys)});
    INSERT INTO rate_limits SELECT 'old' || n, 1, ${now.getTime() - 1} FROM generate_series(1, ${sweepBatch * 2 + 10}) n;
    INSERT INTO rate_limits VALUES ('young', 1, ${now.getTime() + 60_000});
    INSERT INTO outbox (topic, payload, created_at, sent_at) VALUES
      ('mail.x', '{}', ${older(retentionMs.sentMessages)}, ${older(retentionMs.sentMessages)}),
      ('mail.x', '{}', ${older(retentionMs.unsentMails)}, NULL),
      ('mail.x', '{}', ${younger(retentionMs.unsentMails)}, NULL),
      ('order.placed', '{}', ${older(retentionMs.orderEvents)}, NULL),
      ('order.placed', '{}', ${younger(retentionMs.orderEvents)}, NULL);`);
}

describe('the sweeper', () => {
  it('removes what is old, in batches, and nothing else', async () => {
    await fill();
    const removed = await sweep(database, now);
    expect(removed).toEqual({
      sessions: 2,
      account_tokens: 1,
      carts: 1,
      idempotency_keys: 1,
      outbox: 3,
      rate_limits: sweepBatch * 2 + 10,
    });
    const left = [
      'sessions',
      'account_tokens',
      'carts',
      'idempotency_keys',
      'outbox',
      'rate_limits',
    ];
    expect(await Promise.all(left.map(countOf))).toEqual([2, 1, 2, 1, 2, 1]);
    expect(Object.values(await sweep(database, now)).every((count) => count === 0)).toBe(true);
  });

  it('does nothing while another replica sweeps', async () => {
    await database.transaction(async (runner) => {
      await runner.run({ name: 'test-lock', text: 'SELECT pg_advisory_xact_lock(4715202)' });
      expect(await sweep(database, now)).toEqual({});
    });
  });
});

describe('S94 the role of the API', () => {
  it('may do all that accounts, limits and sweeping need', async () => {
    const role = `accounts_${process.pid}`;
    const password = 'only-for-this-test';
    const url = await migratedDatabase({ name: role, password });
    const asRole = url.replace(/\/\/.*@/, `//${role}:${password}@`);
    const api = await startedApi(asRole);
    const { headers, refreshCookie } = await signedInShopper(api);
    const cookie = { headers: { cookie: refreshCookie } };
    expect((await sendJson(api, ['POST', '/api/auth/refresh'], cookie)).status).toBe(200);
    expect((await sendJson(api, ['POST', '/api/auth/logout-all'], { headers })).status).toBe(204);
    const counters = { name: 'test-counters', text: 'SELECT key FROM rate_limits' };
    expect((await api.database.run(counters)).length).toBeGreaterThan(0);
    await api.database.run({ name: 'test-age', text: 'UPDATE rate_limits SET expire = 1' });
    expect(await sweep(api.database, now)).toMatchObject({
      rate_limits: expect.any(Number) as number,
    });
    expect(await api.database.run(counters)).toEqual([]);
    await api.stop();
  });
});

describe('mails', () => {
  const outbox = () => outboxRepository(database);
  const write = (token: string) =>
    execute(`DELETE FROM outbox; INSERT INTO outbox (topic, payload) VALUES ('mail.reset-password',
      '{"to": "a@example.com", "locale": "bn", "token": "${token}"}')`);
  const later = (ms: number): Date => new Date(Date.now() + ms);
  const { signal } = new AbortController();
  const send = (delivery: MailDelivery, ms: number): Promise<void> =>
    sendDueMails(outbox(), delivery, { clock: () => later(ms), signal });

  it('leave once, and their token with them', async () => {
    await write('a-token');
    const got: string[] = [];
    const delivery: MailDelivery = {
      deliver: (mail) => {
        got.push(`${mail.to} ${mail.locale} ${'token' in mail && mail.token}`);
        return Promise.resolve();
      },
    };
    await Promise.all([1, 2].map(() => send(delivery, 1_000)));
    await send(delivery, 3_600_000);
    expect(got).toEqual(['a@example.com bn a-token']);
    expect(JSON.stringify(await execute('SELECT * FROM outbox'))).not.toContain('a-token');
  });

  it('that were not taken are tried again later', async () => {
    await write('a-token');
    let attempts = 0;
    const delivery: MailDelivery = {
      deliver: () => {
        attempts += 1;
        return attempts === 1 ? Promise.reject(new Error('mailbox full')) : Promise.resolve();
      },
    };
    await send(delivery, 1_000);
    expect(await execute('SELECT last_error, sent_at, attempts FROM outbox')).toEqual([
      { last_error: 'mailbox full', sent_at: null, attempts: 1 },
    ]);
    await send(delivery, 2_000);
    expect(attempts).toBe(1);
    await send(delivery, 120_000);
    expect(attempts).toBe(2);
  });

  const writeMany = (count: number) =>
    execute(`DELETE FROM outbox; INSERT INTO outbox (topic, payload)
      SELECT 'mail.reset-password', '{"to": "a@example.com", "locale": "en"}' FROM generate_series(1, ${count})`);
  const kept = (ids: number[]): MailDelivery => ({
    deliver: ({ id }) => Promise.resolve(void ids.push(id)),
  });

  it('leave once, also when they leave slowly and another replica sends too', async () => {
    await writeMany(20);
    let at = Date.now() + 1_000;
    const got: number[] = [];
    const round = { clock: () => new Date(at), signal };
    const slow: MailDelivery = {
      deliver: async (mail) => {
        at += 2_000;
        await sendDueMails(outbox(), kept(got), round);
        await kept(got).deliver(mail);
      },
    };
    await sendDueMails(outbox(), slow, round);
    expect([got.length, new Set(got).size]).toEqual([20, 20]);
  });

  it('wait when the process ends, but for the one on its way', async () => {
    await writeMany(3);
    const stop = new AbortController();
    const got: number[] = [];
    const delivery: MailDelivery = {
      deliver: (mail) => {
        stop.abort();
        return kept(got).deliver(mail);
      },
    };
    await sendDueMails(outbox(), delivery, { clock: () => later(1_000), signal: stop.signal });
    expect(got).toHaveLength(1);
    expect(await execute('SELECT attempts FROM outbox ORDER BY id')).toEqual([
      { attempts: 1 },
      { attempts: 0 },
      { attempts: 0 },
    ]);
  });

  it.each([
    [false, false],
    [true, true],
  ])(
    'S91 of development have their token in the log only when that was asked for: %s',
    async (asked, seen) => {
      await write('a-token');
      const { log, lines } = capturedLog();
      await send(loggingDelivery(log, asked), 1_000);
      expect(lines).toHaveLength(1);
      expect(JSON.stringify(lines).includes('a-token')).toBe(seen);
      expect(JSON.stringify(lines)).not.toContain('a@example.com');
    },
  );
});

describe('S10 the file of keys', () => {
  it('is taken when it can be used, else the keys stay and the log says why', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dhakacart-keys-'));
    const file = join(folder, 'jwks.json');
    const { log, lines } = capturedLog();
    const keys = new KeyRing([{ kid: 'a', secret: Buffer.alloc(32, 1) }]);
    const short = JSON.stringify({ keys: [{ kty: 'oct', kid: 'b', k: 'c2hvcnQ' }] });
    for (const text of ['', '{', '{"keys":[]}', short]) {
      await writeFile(file, text);
      await reloadKeys(keys, file, log);
    }
    await reloadKeys(keys, join(folder, 'nothing'), log);
    expect([keys.signing.kid, lines.length]).toEqual(['a', 5]);
    expect(JSON.stringify(lines)).not.toContain('c2hvcnQ');
    const k = Buffer.alloc(32, 2).toString('base64url');
    await writeFile(file, JSON.stringify({ keys: [{ kty: 'oct', kid: 'b', k }] }));
    await reloadKeys(keys, file, log);
    expect([keys.signing.kid, keys.find('a')]).toEqual(['b', undefined]);
    await rm(folder, { recursive: true });
  });
});

describe('S34 staff', () => {
  it('are made by hand, once, with a password that is worth one', async () => {
    expect(await execute("SELECT id FROM users WHERE role = 'staff'")).toEqual([]);
    const staff = { email: 'Boss@Example.com', password: goodPassword, now };
    await createStaff(settingsOf(url), staff);
    const api = await startedApi(url);
    const { headers } = await signIn(api, { ...staff, userId: '' });
    const me = await fetch(`http://127.0.0.1:${api.port}/api/me`, { headers });
    expect(await me.json()).toMatchObject({ email: 'boss@example.com', role: 'staff' });
    await api.stop();
    await expect(createStaff(settingsOf(url), staff)).rejects.toThrow('has an account already');
    for (const change of [
      { email: 'boss' },
      { email: 'রহিমা@example.com' },
      { password: 'password1' },
    ])
      await expect(createStaff(settingsOf(url), { ...staff, ...change })).rejects.toThrow(
        ConfigError,
      );
  });
});

describe('repeated work', () => {
  it('goes on after a failure, never twice at once, and ends when it is told to', async () => {
    const { log, lines } = capturedLog();
    const work = new RepeatingWork(log);
    let [runs, running, most] = [0, 0, 0];
    let signal: AbortSignal | undefined;
    work.add({
      name: 'test',
      everyMs: 1,
      work: async (given) => {
        signal = given;
        runs += 1;
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running -= 1;
        if (runs === 1) throw new Error('no');
      },
    });
    await expect.poll(() => runs, { timeout: 10_000 }).toBeGreaterThan(3);
    await work.stop();
    const before = runs;
    expect([running, most, lines.length, signal?.aborted]).toEqual([0, 1, 1, true]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(runs).toBe(before);
  });
});
