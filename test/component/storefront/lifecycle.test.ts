// The API as a process of its own, as the operator runs it: settings from variables and files, signals, exit codes.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { sessionBeliefMs } from '../../../storefront-api/accounts/session-authenticator.ts';
import { createStaff } from '../../../storefront-api/create-staff.ts';
import { databaseLimits } from '../../../storefront-api/repositories/database.ts';
import { type ApiProcess, ApiProcesses, secretOf, statusOf } from '../../support/api-process.ts';
import { eventually } from '../../support/eventually.ts';
import { aShopper, goodCheckout } from '../../support/shopper.ts';
import { cookieOf, goodPassword } from '../../support/shoppers.ts';
import { emptyDatabase, seededDatabase, settingsOf } from '../../support/storefront.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { hasIpv6 } from '../../support/ipv6.ts';
import { freePorts } from '../../../dev/cluster/free-ports.ts';

const processes = new ApiProcesses();
let url: string;

const environment = (change: Record<string, string> = {}): Record<string, string> =>
  processes.environment(url, change);

beforeAll(async () => {
  url = await seededDatabase();
});

const oneMore = { json: { sku: 'MUSTARD-OIL-1L', quantity: 1 } };

/** Somebody with a cart, and what guests, shoppers and staff may write; nothing of it is sent yet. */
async function beginnings({ port }: ApiProcess) {
  const email = `boss-${port}@example.com`;
  const login = { email, password: goodPassword };
  await createStaff(settingsOf(url), { ...login, now: new Date() });
  const guest = aShopper({ port });
  const signedIn = await guest.ask('POST', '/api/auth/login', { json: login });
  const refresh = { headers: { cookie: cookieOf(signedIn, '__Host-refresh') } };
  const staff = aShopper({ port }, `Bearer ${String(signedIn.body['accessToken'])}`);
  guest.cookie = '';
  expect((await guest.ask('POST', '/api/cart/lines', oneMore)).status).toBe(200);
  const headers = { 'idempotency-key': randomUUID() };
  const address = { ...goodCheckout.address, isDefault: true };
  const stock = { json: { stock: 3 }, headers: { 'if-match': '"1"' } };
  const register = { email: 'new@example.com', password: goodPassword };
  const writes = [
    () => guest.ask('POST', '/api/cart/lines', oneMore),
    () => guest.ask('PATCH', '/api/cart/lines/MUSTARD-OIL-1L', { json: { quantity: 2 } }),
    () => guest.ask('DELETE', '/api/cart/lines/MUSTARD-OIL-1L'),
    () => guest.ask('POST', '/api/checkout', { json: goodCheckout, headers }),
    () => aShopper({ port }).ask('POST', '/api/auth/register', { json: register }),
    () => aShopper({ port }).ask('POST', '/api/auth/login', { json: login }),
    () => aShopper({ port }).ask('POST', '/api/auth/forgot', { json: { email } }),
    () => aShopper({ port }).ask('POST', '/api/auth/refresh', refresh),
    () => staff.ask('PATCH', '/api/me', { json: { name: 'Boss' } }),
    () => staff.ask('POST', '/api/me/addresses', { json: address }),
    () => staff.ask('PUT', '/api/admin/variants/MUSTARD-OIL-1L/stock', stock),
    () => staff.ask('POST', '/api/auth/logout-all'),
  ];
  return { guest, writes };
}

describe('the API process', () => {
  it.skipIf(!hasIpv6)('listens on both of its ports for either kind of address', async () => {
    const { port, metricsPort } = await processes.listening(environment());
    for (const host of ['127.0.0.1', '::1']) {
      expect(await statusOf(port, '/health', { host })).toMatchObject({ status: 200 });
      expect(await statusOf(metricsPort, '/health/live', { host })).toMatchObject({ status: 200 });
    }
  });

  it('loses no request when it is told to stop: not ready first, then closed, then gone', async () => {
    const { child, port, metricsPort } = await processes.listening(environment());
    const agent = new Agent({ keepAlive: true });
    expect(await statusOf(metricsPort, '/health/ready')).toMatchObject({ status: 200 });
    expect(await statusOf(port, '/api/products', { agent })).toMatchObject({ status: 200 });
    child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(await statusOf(metricsPort, '/health/ready')).toMatchObject({ status: 503 });
    expect(await statusOf(port, '/ready')).toMatchObject({ status: 503 });
    expect(await statusOf(metricsPort, '/health/live')).toMatchObject({ status: 200 });
    expect(await statusOf(port, '/api/products', { agent })).toMatchObject({ status: 200 });
    expect(await once(child, 'exit')).toEqual([0, null]);
    await expect(statusOf(port, '/health')).rejects.toThrow(/ECONNREFUSED/);
  });

  it('ends at once at a second signal', async () => {
    const { child } = await processes.listening(environment({ ENDPOINT_PROPAGATION_MS: '60000' }));
    child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([1, null]);
  });

  it.each([
    ['a rejection', 'Promise.reject(new Error(`nobody caught this`))'],
    ['an exception', 'setImmediate(() => { throw new Error(`nobody caught this`) })'],
  ])(
    'S90 logs %s that nobody caught, answers what is at work, then ends with 1',
    async (_, fault) => {
      const code = `process.on('SIGUSR2', () => void ${fault})`;
      const preload = `--import=data:text/javascript,${encodeURIComponent(code)}`;
      const { child, port, metricsPort, output } = await processes.listening(
        environment({ ENDPOINT_PROPAGATION_MS: '2000', NODE_OPTIONS: preload }),
      );
      const agent = new Agent({ keepAlive: true });
      expect(await statusOf(port, '/api/products', { agent })).toMatchObject({ status: 200 });
      const exit = once(child, 'exit');
      child.kill('SIGUSR2');
      await eventually(async () => {
        expect(await statusOf(metricsPort, '/health/ready')).toMatchObject({ status: 503 });
      });
      expect(await statusOf(port, '/api/products', { agent })).toMatchObject({ status: 200 });
      expect(await exit).toEqual([1, null]);
      expect(output()).toMatch(/"level":"fatal".*nobody caught this/);
    },
  );

  it('is alive but not ready while the database is away, and says 503 with Retry-After', async () => {
    const [closedPort] = await freePorts(1);
    const away = url.replace(/:\d+\//, `:${closedPort}/`);
    const { port, metricsPort } = await processes.listening(environment({ DATABASE_URL: away }));
    expect((await statusOf(metricsPort, '/health/live')).status).toBe(200);
    expect((await statusOf(metricsPort, '/health/startup')).status).toBe(200);
    expect((await statusOf(metricsPort, '/health/ready')).status).toBe(503);
    const response = await fetch(`http://127.0.0.1:${port}/api/products`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
  });

  it.each([
    ['refuses connections', (proxy: TcpProxy) => proxy.cut()],
    ['swallows everything', (proxy: TcpProxy) => proxy.stall()],
  ])(
    'answers each write with 503 while the database %s, and known pages as before; then all is well again',
    async (_, takeAway) => {
      const { port: databasePort } = new URL(url);
      const proxy = await startTcpProxy(`tcp://127.0.0.1:${databasePort}`);
      const through = url.replace(`:${databasePort}/`, `:${proxy.port}/`);
      const api = await processes.listening(environment({ DATABASE_URL: through }));
      const { guest, writes } = await beginnings(api);
      const pages = ['/api/products?limit=5', '/api/products/mustard-oil-1l', '/api/categories'];
      const read = () => Promise.all(pages.map((path) => guest.ask('GET', path)));
      const before = await read();
      expect(before.map(({ status }) => status)).toEqual([200, 200, 200]);
      takeAway(proxy);
      await new Promise((resolve) => setTimeout(resolve, sessionBeliefMs)); // beyond the life of a page, too
      const startedAt = performance.now();
      const answers = Promise.all(
        writes.map(async (write) => {
          const { status, headers } = await write();
          return [status, headers.get('retry-after'), headers.get('content-type')];
        }),
      );
      const stale = await read();
      expect(stale.map(({ status, text }) => [status, text])).toEqual(
        before.map(({ text }) => [200, text]),
      );
      expect(performance.now() - startedAt).toBeLessThan(databaseLimits.connectMs);
      expect(await answers).toEqual(writes.map(() => [503, '5', 'application/problem+json']));
      expect(performance.now() - startedAt).toBeLessThan(2 * databaseLimits.queryMs + 5_000);
      proxy.heal();
      await eventually(async () => {
        expect((await guest.ask('POST', '/api/cart/lines', oneMore)).status).toBe(200);
      });
      await proxy.close();
    },
    60_000,
  );

  it('shows metrics under route templates only', async () => {
    const { port, metricsPort } = await processes.listening(environment());
    await statusOf(port, '/api/products/hilsa-padma-1kg');
    await statusOf(port, '/no/such/path');
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(text).toContain(
      'dhakacart_api_requests_total{method="GET",route="/api/products/:slug",status="200"} 1',
    );
    expect(text).toContain('route="unmatched",status="404"} 1');
    expect(text).not.toContain('hilsa');
    expect((await statusOf(port, '/metrics')).status).toBe(404);
  });

  it('migrates and seeds an empty database, once', async () => {
    const env = environment({ DATABASE_URL: await emptyDatabase() });
    expect(await processes.ended(['migrate'], env)).toMatchObject({
      code: 0,
      output: expect.stringContaining('0001_catalogue'),
    });
    expect(await processes.ended(['migrate'], env)).toMatchObject({
      code: 0,
      output: expect.stringContaining('"applied":[]'),
    });
    expect((await processes.ended(['seed'], env)).output).toContain('"products":46');
    expect((await processes.ended(['seed'], env)).output).toContain('"products":0');
  });
});

describe('S34 the command that makes staff', () => {
  it('takes the password from its environment or its input, never from an argument', async () => {
    const args = ['create-staff', '--email', 'boss@example.com'];
    const env = environment({ STAFF_PASSWORD: 'eleven green mangoes' });
    const made = await processes.ended(args, env);
    expect([made.code, made.output.includes('mangoes')]).toEqual([0, false]);
    expect(await processes.ended(args, env)).toMatchObject({
      code: 64,
      output: expect.stringContaining('--email: boss@example.com has an account already'),
    });
    const other = ['create-staff', '--email', 'other@example.com'];
    expect((await processes.ended(other, environment(), 'twelve yellow mangoes\n')).code).toBe(0);
    expect(
      await processes.ended(['create-staff', '--email', 'third@example.com'], environment()),
    ).toEqual({
      code: 64,
      output: 'storefront-api: the password must have at least 8 characters\n',
    });
  });
});

describe('settings that cannot be used end the process with 64', () => {
  it.each<[string, readonly string[], Record<string, string>, string]>([
    [
      'an unknown flag',
      ['--verbose'],
      {},
      "Unknown option '--verbose'; settings are environment variables, see --help",
    ],
    ['an unknown command', ['start'], {}, 'unknown command "start": use serve, migrate, seed'],
    [
      'a missing file',
      [],
      { JWT_KEYS_FILE: '/nowhere' },
      'JWT_KEYS_FILE: /nowhere cannot be read (ENOENT); mount the file',
    ],
    [
      'no database',
      ['migrate'],
      { DATABASE_URL: '' },
      'PGHOST is not set: give it, or DATABASE_URL',
    ],
  ])('%s', async (_, args, change, message) => {
    const { code, output } = await processes.ended(args, environment(change));
    expect(output).toContain(message);
    expect(code).toBe(64);
  });

  it('a short secret, which is not shown', async () => {
    const keys = processes.file(
      'short.json',
      JSON.stringify({ keys: [{ kty: 'oct', kid: 'a', k: secretOf(31) }] }),
    );
    const { code, output } = await processes.ended([], environment({ JWT_KEYS_FILE: keys }));
    expect(output).toContain('JWT_KEYS_FILE: key a has 31 bytes: use 32 or more');
    expect(output).not.toContain(secretOf(31));
    expect(code).toBe(64);
  });
});
