// Limits as requests meet them: two or three replicas on one database, limits as the operator sets them by default.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunningApi } from '../../../../storefront-api/start-api.ts';
import {
  aConfig,
  asAdministrator,
  fetchFrom,
  seededDatabase,
  startedApi,
} from '../../../support/storefront.ts';
import { anAccount, goodPassword, sendJson, signIn } from '../../../support/shoppers.ts';

const perQuarter = (requests: number) => ({ requests, windowSeconds: 900 });
const rateLimits = {
  browse: perQuarter(30),
  write: perQuarter(10),
  login: perQuarter(5),
  reset: perQuarter(5),
  checkout: perQuarter(20),
};

let url: string;
let replicas: readonly RunningApi[] = [];
let network = 0;
beforeAll(async () => {
  url = await seededDatabase();
  const base = aConfig(url);
  const config = { ...base, shop: { ...base.shop, rateLimits } };
  replicas = await Promise.all([1, 2, 3].map(() => startedApi(url, { config })));
});
beforeEach(() => {
  network += 1;
});
afterAll(() => Promise.all(replicas.map((api) => api.stop())));

function replica(at: number): RunningApi {
  const api = replicas[at % replicas.length];
  if (api === undefined) throw new Error('there is no replica');
  return api;
}

/** An address that no other test uses. */
const client = (n = 1): string => `10.9.${network}.${n}`;

const from = (ip: string, more: Record<string, string> = {}) => ({
  'x-forwarded-for': ip,
  ...more,
});

function login(
  [at, ip]: readonly [replica: number, ip: string],
  body: unknown,
  more: Record<string, string> = {},
): Promise<Response> {
  return sendJson(replica(at), ['POST', '/api/auth/login'], { body, headers: from(ip, more) });
}

async function metricsOf({ metricsPort }: RunningApi): Promise<string> {
  return (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
}

/** Value of a series; one that has not been counted yet is 0. */
function valueOf(metrics: string, series: string): number {
  const line = metrics.split('\n').find((text) => text.startsWith(`${series} `));
  return Number(line?.slice(series.length) ?? 0);
}

const wrong = (email = 'nobody@example.com') => ({ email, password: 'not the password' });

describe('the limit of signing in', () => {
  it('S36 answers the sixth attempt of an address with 429 and says when to come again', async () => {
    for (let n = 1; n <= 5; n += 1) {
      const response = await login([0, client()], wrong(`a${n}@example.com`));
      expect([response.status, response.headers.get('ratelimit')]).toEqual([
        401,
        expect.stringContaining(`"login";r=${5 - n};t=`),
      ]);
    }
    const sixth = await login([0, client()], wrong('a6@example.com'));
    expect(sixth.status).toBe(429);
    const seconds = Number(sixth.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(800);
    expect(seconds).toBeLessThanOrEqual(900);
    expect(sixth.headers.get('ratelimit-policy')).toBe('"login";q=5;w=900');
    expect(await sixth.json()).toMatchObject({ type: 'urn:dhakacart:problem:too-many-requests' });
  });

  it('S37 S39 is one for all replicas and all accounts', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 50; n += 1)
      statuses.push((await login([n, client()], wrong(`s${n}@example.com`))).status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.slice(5).every((status) => status === 429)).toBe(true);
  });

  it('S37 counts attempts that come at once', async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, n) => login([n, client()], wrong(`p${n}@example.com`))),
    );
    expect(all.filter(({ status }) => status === 401)).toHaveLength(5);
  });

  it('S38 S40 slows guesses at one account from many addresses; the owner’s browser still gets in', async () => {
    const account = await anAccount(replica(0));
    const owner = await signIn(replica(0), account, from(client(250)));
    const statuses: number[] = [];
    for (let n = 1; n <= 30; n += 1)
      statuses.push((await login([n, client(n)], wrong(account.email))).status);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(6);
    const body = { email: account.email, password: goodPassword };
    const stranger = await login([0, client(100)], body);
    expect(stranger.status).toBe(429);
    expect(Number(stranger.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    const known = await login([1, client(101)], body, { cookie: owner.deviceCookie });
    expect(known.status).toBe(200);
    const forged = `${owner.deviceCookie.slice(0, -1)}${owner.deviceCookie.endsWith('A') ? 'B' : 'A'}`;
    expect((await login([1, client(102)], body, { cookie: forged })).status).toBe(429);
  });

  it('S43 goes by the proxy’s word and by no other header', async () => {
    const forged = {
      forwarded: 'for=6.6.6.6',
      'x-real-ip': '6.6.6.6',
      'true-client-ip': '6.6.6.6',
      'cf-connecting-ip': '6.6.6.6',
    };
    for (let n = 0; n < 5; n += 1) await login([0, `6.6.6.${n}, ${client()}`], wrong(), forged);
    expect((await login([0, `7.7.7.7, ${client()}`], wrong(), forged)).status).toBe(429);
  });

  it('S44 is one for a /64, and for both writings of an IPv4 address', async () => {
    const prefix = `2001:db8:0:${network.toString(16)}`;
    for (let n = 0; n < 5; n += 1) await login([n, `${prefix}::${n + 1}`], wrong());
    expect((await login([0, `${prefix}:ffff::1`], wrong())).status).toBe(429);
    for (let n = 0; n < 5; n += 1) await login([n, `::ffff:${client()}`], wrong());
    expect((await login([0, client()], wrong())).status).toBe(429);
  });

  it('S46 has its like for resetting and verifying', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      const [path, body] =
        n % 2 === 0
          ? ['/api/auth/forgot', { email: `f${n}@example.com` }]
          : ['/api/auth/verify', { token: 'A'.repeat(43) }];
      const headers = from(client());
      statuses.push((await sendJson(replica(n), ['POST', path], { body, headers })).status);
    }
    expect(statuses).toEqual([202, 400, 202, 400, 202, 429]);
  });

  it('S46 lets one account have five mails, from wherever they are asked for', async () => {
    const { email } = await anAccount(replica(0));
    for (let n = 0; n < 8; n += 1) {
      const headers = from(client(n));
      const asked = sendJson(replica(n), ['POST', '/api/auth/forgot'], {
        body: { email },
        headers,
      });
      expect((await asked).status).toBe(202);
    }
    const sql = `SELECT id FROM outbox WHERE payload ->> 'to' = '${email}'`;
    expect(await asAdministrator(url, sql)).toHaveLength(5);
  });

  it('S40 lets an address register however often others have forgotten a password for it', async () => {
    const email = `new${network}@example.com`;
    const ask = async (path: string, n: number, more: Record<string, string> = {}) => {
      const content = { body: { email, ...more }, headers: from(client(n)) };
      return (await sendJson(replica(n), ['POST', path], content)).status;
    };
    for (let n = 0; n < 6; n += 1) expect(await ask('/api/auth/forgot', n)).toBe(202);
    const more = { password: goodPassword, name: 'Rahima', locale: 'bn' };
    expect(await ask('/api/auth/register', 6, more)).toBe(202);
    const sql = `SELECT payload ->> 'to' AS email FROM outbox WHERE topic = 'mail.verify-email'`;
    expect(await asAdministrator(url, sql)).toContainEqual({ email });
  });
});

describe('the limits of other classes', () => {
  it('S45 are counted by themselves; probes have none', async () => {
    const headers = from(client());
    const before = await metricsOf(replica(0));
    const refresh = (): Promise<Response> =>
      sendJson(replica(0), ['POST', '/api/auth/refresh'], { headers });
    for (let n = 0; n < 10; n += 1) expect((await refresh()).status).toBe(401);
    expect((await refresh()).status).toBe(429);
    expect((await fetchFrom(replica(0), '/api/products', { headers })).status).toBe(200);
    for (let n = 0; n < 40; n += 1)
      expect((await fetchFrom(replica(0), '/health', { headers })).status).toBe(200);
    expect((await login([0, client()], wrong())).status).toBe(401);
    const after = await metricsOf(replica(0));
    const grown = (series: string): number => valueOf(after, series) - valueOf(before, series);
    const decisions = 'dhakacart_api_rate_limit_decisions_total';
    expect(grown(`${decisions}{class="write",decision="allowed"}`)).toBe(10);
    expect(grown(`${decisions}{class="write",decision="limited"}`)).toBe(1);
    expect(grown(`${decisions}{class="browse",decision="allowed"}`)).toBe(1);
    expect(grown(`${decisions}{class="login",decision="allowed"}`)).toBe(1);
    expect(grown('dhakacart_api_sign_ins_total{outcome="refused"}')).toBe(1);
  });

  it.each([
    ['changes of carts', '/api/cart/lines', { sku: 'NO-SUCH-THING', quantity: 1 }, 10],
    ['checkouts', '/api/checkout', { payment: 'cod' }, 20],
  ])(
    'S48 let a client make so many %s, whatever cart it says it has',
    async (_, path, body, most) => {
      const statuses: number[] = [];
      for (let n = 0; n < most + 5; n += 1) {
        const headers = from(client(), {
          cookie: `__Host-cart=made-up-${n}`,
          'idempotency-key': `a-key-of-good-length-${n}`,
        });
        statuses.push((await sendJson(replica(n), ['POST', path], { body, headers })).status);
      }
      expect(statuses.slice(0, most)).not.toContain(429);
      expect(statuses.slice(most)).toEqual([429, 429, 429, 429, 429]);
    },
  );

  it('let browsing cost no statement more than the page itself', async () => {
    const api = replica(0);
    const browse = (): Promise<Response> =>
      fetchFrom(api, '/api/products', { headers: from(client()) });
    await browse();
    const before = api.database.statements;
    const response = await browse();
    expect(response.headers.get('ratelimit')).toMatch(/^"browse";r=28;t=\d+$/);
    expect(api.database.statements - before).toBeLessThanOrEqual(1);
  });
});
