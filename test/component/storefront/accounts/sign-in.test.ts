// Signing in, registering and recovering, and what none of them tells.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hash } from '@node-rs/argon2';
import { argon2Parameters } from '../../../../storefront-api/accounts/password-hasher.ts';
import { resetLifeMs } from '../../../../storefront-api/accounts/registration.ts';
import type { RunningApi } from '../../../../storefront-api/start-api.ts';
import { aConfig, fetchFrom, migratedDatabase, startedApi } from '../../../support/storefront.ts';
import {
  anAccount,
  goodPassword,
  sendJson,
  signedInShopper,
  signIn,
} from '../../../support/shoppers.ts';

let nowMs = Date.parse('2026-11-25T10:00:00Z');
let url: string;
let api: RunningApi;
beforeAll(async () => {
  url = await migratedDatabase();
  api = await startedApi(url, { clock: () => new Date(nowMs) });
});
afterAll(() => api.stop());

function post(path: string, body: unknown): Promise<Response> {
  return sendJson(api, ['POST', path], { body });
}

async function rows<Row>(text: string, values: readonly string[] = []): Promise<readonly Row[]> {
  return api.database.run<Row>({ name: `test-${text.slice(0, 55)}`, text }, values);
}

interface MailRow {
  readonly topic: string;
  readonly payload: { readonly to: string; readonly token?: string };
}

function mailsTo(email: string): Promise<readonly MailRow[]> {
  const text = "SELECT topic, payload FROM outbox WHERE lower(payload ->> 'to') = $1 ORDER BY id";
  return rows<MailRow>(text, [email.toLowerCase()]);
}

async function resetTokenOf(email: string): Promise<string> {
  await post('/api/auth/forgot', { email });
  const mails = (await mailsTo(email)).filter(({ topic }) => topic === 'mail.reset-password');
  return mails.at(-1)?.payload.token ?? '';
}

/** Everything about an answer except the id and the time of the request. */
async function shapeOf(response: Response): Promise<unknown> {
  const headers = [...response.headers]
    .map(([name, value]) => [name, ['date', 'x-request-id', 'ratelimit'].includes(name) || value])
    .toSorted(([a], [b]) => String(a).localeCompare(String(b)));
  const body = (await response.text()).replace(/"requestId":"[^"]*"/, '');
  return { status: response.status, headers, body };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

describe('signing in', () => {
  it('S22 S35 finds the account whatever the case of the address', async () => {
    const account = await anAccount(api);
    const upper = { ...account, email: account.email.toUpperCase() };
    expect((await signIn(api, upper)).accessToken).not.toBe('');
    const [stored] = await rows<{ hash: string }>(
      'SELECT password_hash AS hash FROM users WHERE id = $1',
      [account.userId],
    );
    expect(stored?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('S23 strengthens an old hash, and the password stays', async () => {
    const account = await anAccount(api);
    const weak = await hash(goodPassword, { ...argon2Parameters, memoryCost: 1_024 });
    await rows('UPDATE users SET password_hash = $2 WHERE id = $1', [account.userId, weak]);
    await signIn(api, account);
    const [stored] = await rows<{ hash: string }>(
      'SELECT password_hash AS hash FROM users WHERE id = $1',
      [account.userId],
    );
    expect(stored?.hash).toMatch(/m=19456/);
    await signIn(api, account);
  });

  it('S29 answers unknown, wrong and disabled alike', async () => {
    const [known, disabled] = [await anAccount(api), await anAccount(api)];
    await rows('UPDATE users SET disabled_at = now() WHERE id = $1', [disabled.userId]);
    const wrong = await shapeOf(
      await post('/api/auth/login', { email: known.email, password: 'wrong password' }),
    );
    const unknown = { email: 'nobody@example.com', password: 'wrong password' };
    expect(await shapeOf(await post('/api/auth/login', unknown))).toEqual(wrong);
    const right = { email: disabled.email, password: disabled.password };
    expect(await shapeOf(await post('/api/auth/login', right))).toEqual(wrong);
    expect(wrong).toMatchObject({ status: 401 });
  });

  it('S29 takes as long for an unknown address as for a wrong password', async () => {
    const { email } = await anAccount(api);
    const timed = async (address: string): Promise<number> => {
      const startedAt = performance.now();
      await post('/api/auth/login', { email: address, password: 'wrong password' });
      return performance.now() - startedAt;
    };
    const [wrong, unknown]: [number[], number[]] = [[], []];
    for (let n = 0; n < 40; n += 1) {
      wrong.push(await timed(email));
      unknown.push(await timed(`nobody${n}@example.com`));
    }
    // Without the dummy hash the ratio is about 0.2. Bounds are wide, since others use these cores too.
    const ratio = median(unknown) / median(wrong);
    expect(ratio).toBeGreaterThan(0.6);
    expect(ratio).toBeLessThan(1.6);
  });

  it('S51 refuses fields that nobody asked for', async () => {
    const body = { email: 'a@example.com', password: 'x', role: 'staff' };
    const response = await post('/api/auth/login', body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ in: 'body', path: 'role' }] });
  });

  it('does what comes with it, and not less when that fails', async () => {
    const shop = await startedApi(url, {
      onSignedIn: ({ userId, cookie }) =>
        cookie('cart') === 'x'
          ? Promise.resolve({ 'x-user': userId, 'set-cookie': 'cart=; Max-Age=0' })
          : Promise.reject(new Error('no cart')),
    });
    const { email, password, userId } = await anAccount(shop);
    const body = { email, password };
    const headers = { cookie: 'cart=x' };
    const merged = await sendJson(shop, ['POST', '/api/auth/login'], { body, headers });
    expect(merged.headers.get('x-user')).toBe(userId);
    expect(merged.headers.getSetCookie()).toHaveLength(3);
    const failed = await sendJson(shop, ['POST', '/api/auth/login'], { body });
    expect([failed.status, failed.headers.getSetCookie().length]).toEqual([200, 2]);
    await shop.stop();
  });
});

describe('S47 a flood of sign-ins', () => {
  it('is refused beyond the queue, while the catalogue answers', async () => {
    let left = 120;
    const flood = Array.from({ length: left }, (_, n) =>
      post('/api/auth/login', { email: `flood${n}@example.com`, password: 'wrong password' }).then(
        (response) => {
          left -= 1;
          return response;
        },
      ),
    );
    await Promise.race(flood);
    expect((await fetchFrom(api, '/api/products')).status).toBe(200);
    expect(left).toBeGreaterThan(0); // the flood was still on
    const answers = await Promise.all(flood);
    const refused = answers.filter(({ status }) => status === 503);
    expect(answers.every(({ status }) => [401, 503].includes(status))).toBe(true);
    expect(refused.every(({ headers }) => headers.get('retry-after') === '2')).toBe(true);
    expect(answers.filter(({ status }) => status === 401).length).toBeGreaterThanOrEqual(64);
  });
});

describe('registering', () => {
  const somebody = (email: string) => ({ email, password: 'eleven green mangoes', name: 'Rahima' });

  it('opens an account, and a mail to it verifies the address once', async () => {
    const response = await post('/api/auth/register', somebody('New.One@example.com'));
    expect(response.status).toBe(202);
    expect(response.headers.getSetCookie()).toEqual([]);
    const [mail] = await mailsTo('new.one@example.com');
    expect(mail?.topic).toBe('mail.verify-email');
    const token = mail?.payload.token ?? '';
    const account = { ...somebody('new.one@example.com'), userId: '' };
    const { headers } = await signIn(api, account);
    const verified = async (): Promise<unknown> =>
      ((await (await fetchFrom(api, '/api/me', { headers })).json()) as Record<string, unknown>)[
        'isEmailVerified'
      ];
    expect(await verified()).toBe(false);
    expect((await post('/api/auth/verify', { token })).status).toBe(204);
    expect(await verified()).toBe(true);
    expect((await post('/api/auth/verify', { token })).status).toBe(400);
  });

  it('S30 answers alike when the address is taken, changes nothing and tells its owner', async () => {
    const taken = await anAccount(api);
    const fresh = await post('/api/auth/register', somebody('fresh.one@example.com'));
    const again = await post('/api/auth/register', somebody(taken.email));
    expect(await shapeOf(again)).toEqual(await shapeOf(fresh));
    expect((await mailsTo(taken.email)).map(({ topic }) => topic)).toEqual([
      'mail.already-registered',
    ]);
    await signIn(api, taken);
    const other = { email: taken.email, password: 'eleven green mangoes' };
    expect((await post('/api/auth/login', other)).status).toBe(401);
  });

  it('S30 followed by signing in tells nothing either, where addresses must be verified', async () => {
    const shop = await startedApi(url, {
      config: { ...aConfig(url), requireVerifiedEmail: true },
    });
    const taken = await anAccount(shop);
    const shapes = [];
    for (const email of [taken.email, 'quite.fresh@example.com']) {
      const body = somebody(email);
      await sendJson(shop, ['POST', '/api/auth/register'], { body });
      const login = { body: { email, password: body.password } };
      shapes.push(await shapeOf(await sendJson(shop, ['POST', '/api/auth/login'], login)));
    }
    expect(shapes[0]).toMatchObject({ status: 401 });
    expect(shapes[1]).toEqual(shapes[0]);
    await shop.stop();
  });

  it('S25 S26 names what is wrong with a password', async () => {
    for (const password of ['short', 'password1', 'some.body.1971']) {
      const response = await post('/api/auth/register', {
        email: 'some.body@example.com',
        password,
      });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ errors: [{ in: 'body', path: 'password' }] });
    }
    expect(await mailsTo('some.body@example.com')).toEqual([]);
  });

  it('twice at once opens one account', async () => {
    const body = somebody('twice@example.com');
    const both = await Promise.all([1, 2].map(() => post('/api/auth/register', body)));
    expect(both.map(({ status }) => status)).toEqual([202, 202]);
    expect(await rows('SELECT id FROM users WHERE email = $1', ['twice@example.com'])).toHaveLength(
      1,
    );
  });
});

describe('a forgotten password', () => {
  it('S30 is answered alike for known and unknown addresses', async () => {
    const { email } = await anAccount(api);
    const known = await shapeOf(await post('/api/auth/forgot', { email }));
    const unknown = await post('/api/auth/forgot', { email: 'nobody.at.all@example.com' });
    expect(await shapeOf(unknown)).toEqual(known);
    expect(await mailsTo('nobody.at.all@example.com')).toEqual([]);
  });

  it('S31 is mailed about to the stored address only', async () => {
    const { email } = await anAccount(api);
    await post('/api/auth/forgot', { email: email.toUpperCase() });
    const [mail] = await mailsTo(email);
    expect(mail?.payload.to).toBe(email);
  });

  it('S32 S13 is replaced once by the token, and every session ends', async () => {
    const { email, headers, refreshCookie, userId } = await signedInShopper(api);
    const token = await resetTokenOf(email);
    expect(token).toMatch(/^[\w-]{43}$/); // 256 bits
    expect(JSON.stringify(await rows('SELECT * FROM account_tokens'))).not.toContain(token);
    const newPassword = 'twelve yellow mangoes';
    expect((await post('/api/auth/reset', { token, newPassword })).status).toBe(204);
    expect((await fetchFrom(api, '/api/me', { headers })).status).toBe(401);
    const refresh = { headers: { cookie: refreshCookie } };
    expect((await sendJson(api, ['POST', '/api/auth/refresh'], refresh)).status).toBe(401);
    expect((await post('/api/auth/reset', { token, newPassword })).status).toBe(400);
    expect((await post('/api/auth/login', { email, password: goodPassword })).status).toBe(401);
    await signIn(api, { userId, email, password: newPassword });
    expect((await mailsTo(email)).at(-1)?.topic).toBe('mail.password-changed');
  });

  it('S32 used twice at once has one winner', async () => {
    const { email } = await anAccount(api);
    const token = await resetTokenOf(email);
    const both = await Promise.all(
      ['twelve yellow mangoes', 'twelve purple mangoes'].map((newPassword) =>
        post('/api/auth/reset', { token, newPassword }),
      ),
    );
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([204, 400]));
  });

  it('S32 cannot be replaced by a token after half an hour, nor after another change', async () => {
    const account = await signedInShopper(api);
    const [old, voided] = [await resetTokenOf(account.email), await resetTokenOf(account.email)];
    const newPassword = 'thirteen brown mangoes';
    const body = { currentPassword: account.password, newPassword };
    const change = { headers: account.headers, body };
    expect((await sendJson(api, ['PUT', '/api/me/password'], change)).status).toBe(204);
    expect((await post('/api/auth/reset', { token: voided, newPassword })).status).toBe(400);
    const late = await resetTokenOf(account.email);
    nowMs += resetLifeMs;
    for (const token of [old, late, 'A'.repeat(43)]) {
      expect((await post('/api/auth/reset', { token, newPassword })).status).toBe(400);
    }
    expect(resetLifeMs).toBeLessThanOrEqual(3_600_000);
  });

  it('is not replaced by a token that verifies an address', async () => {
    await post('/api/auth/register', {
      email: 'vera@example.com',
      password: 'eleven green mangoes',
    });
    const token = (await mailsTo('vera@example.com'))[0]?.payload.token ?? '';
    const body = { token, newPassword: 'twelve yellow mangoes' };
    expect((await post('/api/auth/reset', body)).status).toBe(400);
  });
});

describe('a password', () => {
  it('S33 S13 is changed by whoever knows it, and all other sessions end', async () => {
    const mine = await signedInShopper(api);
    const other = await signIn(api, mine);
    const change = (currentPassword: string) =>
      sendJson(api, ['PUT', '/api/me/password'], {
        headers: mine.headers,
        body: { currentPassword, newPassword: 'fourteen red mangoes' },
      });
    const refused = await change('not the password');
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ errors: [{ path: 'currentPassword' }] });
    expect((await change(mine.password)).status).toBe(204);
    expect((await fetchFrom(api, '/api/me', { headers: mine.headers })).status).toBe(200);
    expect((await fetchFrom(api, '/api/me', { headers: other.headers })).status).toBe(401);
    await signIn(api, { ...mine, password: 'fourteen red mangoes' });
  });

  it('S13 that changes while somebody signs in with the old one leaves no session behind', async () => {
    for (let n = 0; n < 5; n += 1) {
      const mine = await signedInShopper(api);
      const newPassword = 'fifteen blue mangoes';
      const body = { currentPassword: mine.password, newPassword };
      const logins = [1, 2, 3].map(() =>
        post('/api/auth/login', { email: mine.email, password: mine.password }),
      );
      const changed = sendJson(api, ['PUT', '/api/me/password'], { headers: mine.headers, body });
      await Promise.all([...logins, changed]);
      expect((await changed).status).toBe(204);
      const left = await rows('SELECT id FROM sessions WHERE user_id = $1 AND revoked_at IS NULL', [
        mine.userId,
      ]);
      expect(left).toHaveLength(1);
    }
  });
});
