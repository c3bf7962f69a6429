// What a session is worth: rotation, reuse, ends, on two replicas with one database and clocks that the test moves.
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunningApi } from '../../../../storefront-api/start-api.ts';
import { sessionBeliefMs } from '../../../../storefront-api/accounts/session-authenticator.ts';
import { refreshGraceMs } from '../../../../storefront-api/accounts/sessions.ts';
import { DatabaseUnavailable } from '../../../../storefront-api/errors.ts';
import { sessionRepository } from '../../../../storefront-api/repositories/session-repository.ts';
import { capturedLog } from '../../../support/captured-log.ts';
import { aConfig, fetchFrom, migratedDatabase, startedApi } from '../../../support/storefront.ts';
import {
  anAccount,
  cookieOf,
  sendJson,
  signedInShopper,
  signedInStaff,
  signIn,
} from '../../../support/shoppers.ts';

const startMs = Date.parse('2026-11-25T10:00:00Z');
const { log, lines } = capturedLog();
let nowMs = startMs;
let url: string;
let one: RunningApi;
let two: RunningApi;
beforeAll(async () => {
  url = await migratedDatabase();
  const clock = (): Date => new Date(nowMs);
  one = await startedApi(url, { clock, log });
  two = await startedApi(url, { clock });
});
beforeEach(() => {
  nowMs += 60_000;
});
afterAll(() => Promise.all([one.stop(), two.stop()]));

async function statusOf(api: RunningApi, headers: Readonly<Record<string, string>>) {
  return (await fetchFrom(api, '/api/me', { headers })).status;
}

function refresh(api: RunningApi, cookie: string): Promise<Response> {
  return sendJson(api, ['POST', '/api/auth/refresh'], { headers: { cookie } });
}

function post(api: RunningApi, path: string, headers: Record<string, string>): Promise<Response> {
  return sendJson(api, ['POST', path], { headers });
}

function execute(text: string, values: readonly string[]): Promise<readonly unknown[]> {
  return one.database.run({ name: `test-${text.length}-${text.slice(0, 30)}`, text }, values);
}

describe('a session', () => {
  it('S12 is over on the other replica within five seconds of a logout, and here at once', async () => {
    const { headers, refreshCookie } = await signedInShopper(one);
    expect([await statusOf(one, headers), await statusOf(two, headers)]).toEqual([200, 200]);
    const response = await post(one, '/api/auth/logout', { cookie: refreshCookie });
    expect([response.status, cookieOf(response, '__Host-refresh')]).toEqual([
      204,
      '__Host-refresh=',
    ]);
    expect(await statusOf(one, headers)).toBe(401);
    nowMs += sessionBeliefMs;
    expect(sessionBeliefMs).toBeLessThanOrEqual(5_000);
    expect(await statusOf(two, headers)).toBe(401);
    expect((await refresh(two, refreshCookie)).status).toBe(401);
  });

  it('S12 is over by logout with the access token alone', async () => {
    const { headers } = await signedInShopper(one);
    expect((await post(one, '/api/auth/logout', headers)).status).toBe(204);
    expect(await statusOf(one, headers)).toBe(401);
  });

  it('S12 is over by logout when the access token has expired: the cookie is enough', async () => {
    const { headers, refreshCookie } = await signedInShopper(one);
    nowMs += 16 * 60_000;
    expect((await post(one, '/api/auth/logout-all', headers)).status).toBe(401);
    const response = await post(one, '/api/auth/logout', { ...headers, cookie: refreshCookie });
    expect([response.status, cookieOf(response, '__Host-refresh')]).toEqual([
      204,
      '__Host-refresh=',
    ]);
    expect((await refresh(two, refreshCookie)).status).toBe(401);
  });

  it('S14 of a disabled account is over', async () => {
    const { headers, userId, refreshCookie } = await signedInShopper(one);
    expect(await statusOf(one, headers)).toBe(200);
    await execute('UPDATE users SET disabled_at = now() WHERE id = $1', [userId]);
    nowMs += sessionBeliefMs;
    expect(await statusOf(one, headers)).toBe(401);
    expect((await refresh(one, refreshCookie)).status).toBe(401);
  });

  it('S15 ends, one or all, by its owner', async () => {
    const account = await anAccount(one);
    const [first, second, third] = [
      await signIn(one, account),
      await signIn(one, account, { 'user-agent': 'Mozilla/5.0 (Android 14) Firefox/140.0' }),
      await signIn(one, account),
    ];
    const list = await fetchFrom(one, '/api/auth/sessions', { headers: first.headers });
    const { items } = (await list.json()) as {
      items: readonly { id: string; device: string; isCurrent: boolean }[];
    };
    expect(items).toHaveLength(3);
    const phone = items.find(({ device }) => device === 'Firefox on Android');
    expect(phone?.isCurrent).toBe(false);
    const path = `/api/auth/sessions/${phone?.id ?? ''}`;
    expect((await sendJson(one, ['DELETE', path], { headers: first.headers })).status).toBe(204);
    expect(await statusOf(one, second.headers)).toBe(401);
    expect(await statusOf(one, third.headers)).toBe(200);
    expect((await post(one, '/api/auth/logout-all', first.headers)).status).toBe(204);
    expect([await statusOf(one, first.headers), await statusOf(one, third.headers)]).toEqual([
      401, 401,
    ]);
  });

  it('S49 of somebody else cannot be ended', async () => {
    const [mine, other] = [await signedInShopper(one), await signedInShopper(one)];
    const list = await fetchFrom(one, '/api/auth/sessions', { headers: other.headers });
    const { items } = (await list.json()) as { items: readonly { id: string }[] };
    const path = `/api/auth/sessions/${items[0]?.id ?? ''}`;
    expect((await sendJson(one, ['DELETE', path], { headers: mine.headers })).status).toBe(404);
    expect(await statusOf(one, other.headers)).toBe(200);
  });

  it('S13 is not opened by a password that is being changed', async () => {
    const { userId } = await anAccount(one);
    const change = 'UPDATE users SET password_version = password_version + 1 WHERE id = $1';
    const waiting =
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    const now = new Date(nowMs);
    const opened = await one.database.transaction(async (runner) => {
      await runner.run({ name: 'test-change', text: change }, [userId]);
      const open = sessionRepository(two.database).open({
        id: randomUUID(),
        userId,
        passwordVersion: 1,
        refreshHash: randomBytes(32),
        device: '',
        now,
        expiresAt: new Date(nowMs + 1_000),
      });
      await expect.poll(() => execute(waiting, []), { timeout: 5_000 }).toHaveLength(1);
      return { open };
    });
    expect(await opened.open).toBeUndefined();
  });

  it('S21 is a new one after each sign-in, and the browser’s old one is over', async () => {
    const account = await anAccount(one);
    const first = await signIn(one, account);
    const second = await signIn(one, account, { cookie: first.refreshCookie });
    expect(second.refreshCookie).not.toBe(first.refreshCookie);
    expect(await statusOf(one, first.headers)).toBe(401);
    expect(await statusOf(one, second.headers)).toBe(200);
  });

  it('S56 of the staff has the role of this moment, request by request', async () => {
    const { headers, userId } = await signedInStaff(one);
    const roleNow = async (): Promise<unknown> =>
      ((await (await fetchFrom(one, '/api/me', { headers })).json()) as { role: string }).role;
    expect(await roleNow()).toBe('staff');
    const before = one.database.statements;
    await statusOf(one, headers);
    expect(one.database.statements - before).toBe(2); // the session and the account: nothing remembered
    await execute("UPDATE users SET role = 'shopper' WHERE id = $1", [userId]);
    expect(await roleNow()).toBe('shopper');
  });

  it('costs one statement for all requests of two seconds', async () => {
    const { headers } = await signedInShopper(one);
    const before = one.database.statements;
    await Promise.all(Array.from({ length: 10 }, () => statusOf(one, headers)));
    expect(one.database.statements - before).toBe(11);
  });

  it('is one of twenty at most: the oldest goes', async () => {
    const account = await anAccount(one);
    const first = await signIn(one, account);
    for (let at = 0; at < 20; at += 1) {
      nowMs += 1;
      await signIn(one, account);
    }
    nowMs += sessionBeliefMs;
    expect(await statusOf(one, first.headers)).toBe(401);
  });
});

describe('a refresh token', () => {
  it('S20 is in a cookie that only this host gets', async () => {
    const { email, password } = await anAccount(one);
    const response = await sendJson(one, ['POST', '/api/auth/login'], {
      body: { email, password },
    });
    const [cookie] = response.headers.getSetCookie();
    expect(cookie).toMatch(
      /^__Host-refresh=[\w-]{64}\.[\w-]{22}; Path=\/; Max-Age=86400; Secure; HttpOnly; SameSite=Strict$/,
    );
    expect(await response.text()).not.toContain(cookie?.split(/[=;]/)[1]);
  });

  it('S16 works once; used again later it ends the session, and that is logged', async () => {
    const { headers, refreshCookie } = await signedInShopper(one);
    const second = await refresh(one, refreshCookie);
    const next = cookieOf(second, '__Host-refresh');
    expect([second.status, next === refreshCookie]).toEqual([200, false]);
    nowMs += refreshGraceMs + 1;
    const reused = await refresh(two, refreshCookie);
    expect([reused.status, cookieOf(reused, '__Host-refresh')]).toEqual([401, '__Host-refresh=']);
    expect((await refresh(one, next)).status).toBe(401);
    expect(await statusOf(one, headers)).toBe(401);
  });

  it('S16 ends the session even when it is many generations old', async () => {
    const { refreshCookie } = await signedInShopper(one);
    let cookie = refreshCookie;
    for (let at = 0; at < 3; at += 1)
      cookie = cookieOf(await refresh(one, cookie), '__Host-refresh');
    expect((await refresh(one, refreshCookie)).status).toBe(401);
    expect(lines.some(({ event }) => event === 'refresh-token-reused')).toBe(true);
    expect((await refresh(one, cookie)).status).toBe(401);
  });

  it('that was never given ends nothing, even with the id of a session in it', async () => {
    const { headers, refreshCookie } = await signedInShopper(one);
    const token = refreshCookie.slice('__Host-refresh='.length);
    const forged = `${token.slice(0, 60)}AAAA.${token.slice(65)}`;
    for (const value of [forged, '', 'x', token.slice(1), `${token}.`]) {
      expect((await refresh(one, `__Host-refresh=${value}`)).status).toBe(401);
    }
    expect(await statusOf(one, headers)).toBe(200);
    expect((await refresh(one, refreshCookie)).status).toBe(200);
  });

  it('S17 used twice at once, on two replicas, gives both the same successor', async () => {
    const { refreshCookie } = await signedInShopper(one);
    const both = await Promise.all([refresh(one, refreshCookie), refresh(two, refreshCookie)]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    const [next, other] = both.map((answer) => cookieOf(answer, '__Host-refresh'));
    expect(other).toBe(next);
    expect((await refresh(two, next ?? '')).status).toBe(200);
  });

  it('S17 whose answer was lost gives the same successor again, as long as that one is unused and fresh', async () => {
    const { refreshCookie } = await signedInShopper(one);
    const next = cookieOf(await refresh(one, refreshCookie), '__Host-refresh');
    const retryAfterMs = Number(new DatabaseUnavailable('').headers['retry-after']) * 1_000;
    expect(refreshGraceMs).toBeGreaterThanOrEqual(5 * retryAfterMs);
    for (const waitMs of [retryAfterMs, refreshGraceMs - retryAfterMs]) {
      nowMs += waitMs;
      const again = await refresh(two, refreshCookie);
      expect([again.status, cookieOf(again, '__Host-refresh')]).toEqual([200, next]);
      const { accessToken } = (await again.json()) as { accessToken: string };
      expect(await statusOf(two, { authorization: `Bearer ${accessToken}` })).toBe(200);
    }
    nowMs += 1; // to ask again does not make the time longer
    expect((await refresh(two, refreshCookie)).status).toBe(401);
    expect((await refresh(one, next)).status).toBe(401);
  });

  it('S12 whose answer was lost still signs out', async () => {
    const { refreshCookie } = await signedInShopper(one);
    const next = cookieOf(await refresh(one, refreshCookie), '__Host-refresh');
    expect((await post(two, '/api/auth/logout', { cookie: refreshCookie })).status).toBe(204);
    expect((await refresh(one, next)).status).toBe(401);
  });

  it('S18 is worth nothing after 24 hours, however busy the session was', async () => {
    const { refreshCookie } = await signedInShopper(one);
    let cookie = refreshCookie;
    const everyMs = 6 * 3_600_000;
    for (let at = 1; at < 4; at += 1) {
      nowMs += everyMs;
      const response = await refresh(one, cookie);
      expect(response.status).toBe(200);
      cookie = cookieOf(response, '__Host-refresh');
    }
    nowMs += everyMs - 1_000;
    const last = await refresh(one, cookie);
    const body = (await last.json()) as { expiresInSeconds: number };
    expect(body.expiresInSeconds).toBeLessThanOrEqual(1); // an access token never outlives its session
    nowMs += 1_000;
    expect((await refresh(one, cookieOf(last, '__Host-refresh'))).status).toBe(401);
  });

  it('S18 is worth nothing after 12 idle hours', async () => {
    const { refreshCookie } = await signedInShopper(one);
    nowMs += aConfig(url).shop.sessions.idleSeconds * 1000;
    expect((await refresh(one, refreshCookie)).status).toBe(401);
  });

  it('S06 is no access token, and an access token is no refresh token', async () => {
    const { accessToken, refreshCookie } = await signedInShopper(one);
    const token = refreshCookie.slice('__Host-refresh='.length);
    expect(await statusOf(one, { authorization: `Bearer ${token}` })).toBe(401);
    expect((await refresh(one, `__Host-refresh=${accessToken}`)).status).toBe(401);
  });

  it('is stored as a hash only', async () => {
    const { refreshCookie } = await signedInShopper(one);
    const rows = await execute('SELECT * FROM sessions', []);
    const token = refreshCookie.slice('__Host-refresh='.length);
    expect(JSON.stringify(rows)).not.toContain(token);
    const bytes = Buffer.from(token.slice(0, 64), 'base64url').toString('hex').slice(32);
    expect(JSON.stringify(rows)).not.toContain(bytes);
  });
});

describe('S79 a request that changes something and carries a cookie', () => {
  it.each<[string, Record<string, string>, number]>([
    ['of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
    ['of nowhere', { origin: 'null' }, 403],
    ['of another site without an origin', { 'sec-fetch-site': 'cross-site' }, 403],
    ['of a sister site', { origin: 'https://x.example.com', 'sec-fetch-site': 'same-site' }, 403],
    ['of the shop', { origin: 'https://shop.example.com', 'sec-fetch-site': 'cross-site' }, 200],
    [
      'of the page’s own host',
      { origin: 'http://127.0.0.1', 'sec-fetch-site': 'same-origin' },
      200,
    ],
    ['of a program', {}, 200],
  ])('%s: %j is answered with %i', async (_, headers, status) => {
    const { refreshCookie } = await signedInShopper(one);
    const all = { ...headers, cookie: refreshCookie };
    expect((await post(one, '/api/auth/refresh', all)).status).toBe(status);
  });

  it('as a form is refused', async () => {
    const { refreshCookie } = await signedInShopper(one);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const headers = { cookie: refreshCookie, 'content-type': type };
      const init = { method: 'POST', headers, body: '{}' };
      expect((await fetchFrom(one, '/api/auth/refresh', init)).status).toBe(400);
      expect((await fetchFrom(one, '/api/auth/login', init)).status).toBe(415);
    }
  });
});
