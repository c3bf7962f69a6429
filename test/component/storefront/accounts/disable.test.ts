// `disable-account` and `enable-account`, as somebody of the shop runs them beside the API.
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionBeliefMs } from '../../../../storefront-api/accounts/session-authenticator.ts';
import { accountAccessRepository } from '../../../../storefront-api/repositories/account-access-repository.ts';
import type { RunningApi } from '../../../../storefront-api/start-api.ts';
import { ApiProcesses } from '../../../support/api-process.ts';
import { eventually } from '../../../support/eventually.ts';
import {
  asAdministrator,
  fetchFrom,
  migratedDatabase,
  startedApi,
} from '../../../support/storefront.ts';
import {
  anAccount,
  sendJson,
  type SignedIn,
  signedInStaff,
  signIn,
} from '../../../support/shoppers.ts';

const processes = new ApiProcesses();
let url: string;
let api: RunningApi;
beforeAll(async () => {
  url = await migratedDatabase();
  api = await startedApi(url);
});
afterAll(() => api.stop());

async function run(command: string, email: string): Promise<{ code: number; output: string }> {
  return processes.ended([command, '--email', email], { DATABASE_URL: url });
}

const me = async ({ headers }: SignedIn): Promise<number> =>
  (await fetchFrom(api, '/api/me', { headers })).status;
const refresh = async ({ refreshCookie: cookie }: SignedIn): Promise<number> =>
  (await sendJson(api, ['POST', '/api/auth/refresh'], { headers: { cookie } })).status;
const login = async (account: { email: string; password: string }): Promise<number> => {
  const { email, password } = account;
  return (await sendJson(api, ['POST', '/api/auth/login'], { body: { email, password } })).status;
};

describe('S14 an account that is disabled by the command', () => {
  it('loses its sessions and lets nobody in, until it is enabled; what was, stays over', async () => {
    const account = await anAccount(api);
    const [phone, laptop] = [await signIn(api, account), await signIn(api, account)];
    await sendJson(api, ['POST', '/api/auth/forgot'], { body: { email: account.email } });
    expect(await me(phone)).toBe(200);

    const disabled = await run('disable-account', account.email.toUpperCase());
    expect(disabled).toMatchObject({
      code: 0,
      output: expect.stringMatching(/"endedSessions":2,"message":"the account is disabled"/),
    });
    expect(disabled.output).not.toContain(account.email);
    await expect.poll(() => me(phone), { timeout: sessionBeliefMs + 1_000 }).toBe(401);
    expect([await me(laptop), await refresh(laptop), await login(account)]).toEqual([
      401, 401, 401,
    ]);
    const open = `SELECT 1 FROM account_tokens WHERE user_id = '${account.userId}' AND used_at IS NULL`;
    expect(await asAdministrator(url, open)).toEqual([]);
    expect((await run('disable-account', account.email)).output).toContain(
      'the account was disabled already: nothing was changed',
    );

    const enabled = await run('enable-account', account.email);
    expect(enabled).toMatchObject({
      code: 0,
      output: expect.stringContaining('the account is enabled'),
    });
    expect([await me(phone), await refresh(laptop), await login(account)]).toEqual([401, 401, 200]);
  });

  it('loses them at once when it is one of the staff', async () => {
    const staff = await signedInStaff(api);
    expect(await me(staff)).toBe(200);
    expect((await run('disable-account', staff.email)).code).toBe(0);
    expect(await me(staff)).toBe(401);
  });

  it('ends the session of a sign-in that was under way', async () => {
    const { userId, email } = await anAccount(api);
    // What a sign-in does (session-repository.ts), stopped before its end.
    const other = new Client({ connectionString: url });
    await other.connect();
    await other.query('BEGIN');
    await other.query('SELECT FROM users WHERE id = $1 FOR SHARE', [userId]);
    await other.query(
      `INSERT INTO sessions (id, user_id, refresh_hash, expires_at)
       VALUES (gen_random_uuid(), $1, sha256('x'), now() + interval '1 day')`,
      [userId],
    );
    const change = accountAccessRepository(api.database).disable(email, new Date());
    const waiting = `SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FOR NO KEY UPDATE'`;
    await eventually(async () => expect(await asAdministrator(url, waiting)).toHaveLength(1));
    await other.query('COMMIT');
    await other.end();
    expect(await change).toEqual({ isChanged: true, endedSessions: 1 });
  });

  it.each([
    ['disable-account', 'nobody@example.com', '--email: nobody@example.com has no account'],
    ['enable-account', 'nobody@example.com', '--email: nobody@example.com has no account'],
    ['disable-account', 'nonsense', '--email: "nonsense" is not an email address'],
  ])('must be there: %s %s', async (command, email, words) => {
    expect(await run(command, email)).toEqual({ code: 64, output: `storefront-api: ${words}\n` });
  });
});
