// What the log says of accounts, and what it never says.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../../../storefront-api/log.ts';
import type { RunningApi } from '../../../../storefront-api/start-api.ts';
import { aConfig, fetchFrom, migratedDatabase, startedApi } from '../../../support/storefront.ts';
import { anAccount, cookieOf, sendJson, signIn } from '../../../support/shoppers.ts';

const canaries = {
  email: 'canary.person@example.com',
  password: 'canary password of hers',
  newPassword: 'canary password number two',
  phone: '01798765432',
  wrong: 'canary password that is wrong',
};

let text = '';
let api: RunningApi;
beforeAll(async () => {
  const write = (line: string): void => {
    text += line;
  };
  const log = createLogger('trace', { write });
  api = await startedApi(await migratedDatabase(), { log });
});
afterAll(() => api.stop());

type Line = Readonly<Record<string, unknown>>;

function linesOf(requestId: string): readonly Line[] {
  const all = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  return all.filter((line) => line['requestId'] === requestId);
}

async function tokens(): Promise<readonly string[]> {
  const statement = {
    name: 'test-tokens',
    text: "SELECT payload ->> 'token' AS token FROM outbox WHERE payload ? 'token'",
  };
  return (await api.database.run<{ token: string }>(statement)).map(({ token }) => token);
}

describe('the log', () => {
  it('S91 S19 never holds a password, a token, a cookie, an address or a telephone number', async () => {
    const { email, password, newPassword, phone, wrong } = canaries;
    await sendJson(api, ['POST', '/api/auth/register'], { body: { email, password } });
    const account = { userId: '', email, password };
    const { headers, refreshCookie, accessToken } = await signIn(api, account);
    await sendJson(api, ['PATCH', '/api/me'], { headers, body: { phone } });
    await sendJson(api, ['POST', '/api/auth/login'], { body: { email, password: wrong } });
    const refresh = await sendJson(api, ['POST', '/api/auth/refresh'], {
      headers: { cookie: refreshCookie },
    });
    const next = cookieOf(refresh, '__Host-refresh');
    const change = { currentPassword: password, newPassword };
    await sendJson(api, ['PUT', '/api/me/password'], { headers, body: change });
    await sendJson(api, ['POST', '/api/auth/forgot'], { body: { email } });
    await sendJson(api, ['POST', '/api/auth/reset'], {
      body: { token: (await tokens()).at(-1), newPassword: password },
    });
    // A row that the database refuses is quoted whole in its error.
    const broken = {
      name: 'test-broken',
      text: "UPDATE users SET phone = '01798765432' WHERE email = $1",
    };
    await api.database.run(broken, [email]).catch((error: unknown) => {
      createLogger('trace', { write: (line) => (text += line) }).error({ err: error }, 'refused');
    });
    await sendJson(api, ['GET', `/api/me?token=${accessToken}`], { headers });
    expect(text).toContain('users_phone_check');
    const secrets = [...Object.values(canaries), refreshCookie, next, accessToken];
    for (const secret of [...secrets, ...(await tokens()), '1798765432', '$argon2id']) {
      expect(text, secret).not.toContain(secret.replace('__Host-refresh=', ''));
    }
  });

  it('S91 is one JSON object a line, whatever a request holds', async () => {
    const forged = '\n{"level":"info","event":"signed-in","forged":true}';
    await sendJson(api, ['POST', '/api/auth/login'], {
      body: { email: `x@example.com${forged}`, password: forged },
      headers: { 'user-agent': encodeURIComponent(forged), 'x-request-id': '"forged"' },
    });
    await fetchFrom(
      api,
      `/api/products/${encodeURIComponent(forged)}?q=${encodeURIComponent(forged)}`,
    );
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { forged?: boolean });
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.filter((line) => line.forged === true)).toEqual([]);
  });

  it.each<[string, string, unknown, string, number]>([
    [
      'a wrong password',
      '/api/auth/login',
      { email: 'x@example.com', password: 'y' },
      'denied',
      401,
    ],
    ['a missing cookie', '/api/auth/refresh', undefined, 'denied', 401],
    ['a missing token', '/api/auth/logout-all', undefined, 'denied', 401],
  ])('S92 tells of %s with the id of the request', async (_, path, body, event, status) => {
    const id = `s92-${path.replaceAll('/', '-')}`;
    await sendJson(api, ['POST', path], { body, headers: { 'x-request-id': id } });
    expect(linesOf(id)).toContainEqual(
      expect.objectContaining({ level: 'info', event, status, route: path }),
    );
  });

  it('S92 tells of a success, and of what may not be', async () => {
    const { email, password } = canaries;
    const headers = { 'x-request-id': 's92-ok' };
    await signIn(api, { userId: '', email, password }, headers);
    expect(linesOf('s92-ok')).toContainEqual(
      expect.objectContaining({ event: 'signed-in', level: 'info' }),
    );
    const hostile = { origin: 'https://evil.example', cookie: 'a=b', 'x-request-id': 's92-csrf' };
    await fetchFrom(api, '/api/auth/refresh', { method: 'POST', headers: hostile });
    expect(linesOf('s92-csrf')).toContainEqual(
      expect.objectContaining({ event: 'denied', status: 403 }),
    );
  });
});

describe('S92 a limit that is exceeded', () => {
  const logged: Line[] = [];
  let limited: RunningApi;
  beforeAll(async () => {
    const url = await migratedDatabase();
    const base = aConfig(url);
    const few = { requests: 3, windowSeconds: 900 };
    const rateLimits = { ...base.shop.rateLimits, browse: few, login: few };
    const config = { ...base, shop: { ...base.shop, rateLimits } };
    const write = (line: string): void => void logged.push(JSON.parse(line) as Line);
    limited = await startedApi(url, { config, log: createLogger('info', { write }) });
  });
  afterAll(() => limited.stop());

  const linesOfLimit = (limit: string): readonly Line[] =>
    logged.filter((line) => line['event'] === 'denied' && line['limit'] === limit);

  async function guess(email: string, ip: string, n: number): Promise<number> {
    const headers = { 'x-forwarded-for': ip, 'x-request-id': `${ip}-${n}`.replaceAll('.', '-') };
    const body = { email, password: canaries.wrong };
    return (await sendJson(limited, ['POST', '/api/auth/login'], { headers, body })).status;
  }

  it('is told once for each client, with the limit, the client and the first request', async () => {
    for (const ip of ['198.51.100.7', '198.51.100.8']) {
      const statuses: number[] = [];
      for (let n = 1; n <= 20; n += 1) statuses.push(await guess(`g${n}@example.com`, ip, n));
      expect(statuses.filter((status) => status === 429)).toHaveLength(17);
    }
    const line = { level: 'info', status: 429, method: 'POST', route: '/api/auth/login' };
    expect(linesOfLimit('login')).toEqual([
      expect.objectContaining({ ...line, client: '198.51.100.7', requestId: '198-51-100-7-4' }),
      expect.objectContaining({ ...line, client: '198.51.100.8', requestId: '198-51-100-8-4' }),
    ]);
  });

  it('is told once though the page cache refuses first, and names a household of IPv6', async () => {
    const headers = { 'x-forwarded-for': '2001:db8::1' };
    for (let n = 0; n < 20; n += 1) await fetchFrom(limited, '/api/categories', { headers });
    expect(linesOfLimit('browse')).toEqual([
      expect.objectContaining({ status: 429, client: '2001:db8:0:0::/64' }),
    ]);
  });

  it('is told once of an account that is guessed at from everywhere, and nothing of it is named', async () => {
    const account = await anAccount(limited);
    for (let n = 1; n <= 30; n += 1) await guess(account.email, `203.0.113.${n}`, 1);
    expect(linesOfLimit('login-account')).toEqual([
      expect.objectContaining({ status: 429, client: '203.0.113.14' }),
    ]);
    const text = JSON.stringify(logged);
    for (const secret of [account.email, canaries.wrong]) expect(text).not.toContain(secret);
  });
});
