// The API as a process of its own, as the operator runs it: settings from variables and files, signals, exit codes.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { emptyDatabase, seededDatabase } from '../../support/storefront.ts';
import { freePorts } from '../../../dev/cluster/free-ports.ts';

const main = join(import.meta.dirname, '../../../storefront-api/main.ts');
const node = join(import.meta.dirname, '../../../node_modules/.bin/node');
const folder = mkdtempSync(join(tmpdir(), 'dhakacart-api-'));
const children: ChildProcess[] = [];
let url: string;

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const limit = { requests: 1_000, windowSeconds: 900 };
const shop = {
  storeName: 'dhaka',
  hosts: ['127.0.0.1'],
  allowedOrigins: [],
  rateLimits: { browse: limit, write: limit, login: limit, reset: limit, checkout: limit },
  sessions: { absoluteSeconds: 86_400, accessTokenSeconds: 900, idleSeconds: 43_200 },
  trustedProxyHops: 1,
  maintenance: { mode: 'Off', message: { en: '', bn: '' } },
};
const key = (bytes: number): string => Buffer.alloc(bytes, 1).toString('base64url');

function environment(change: Record<string, string> = {}): Record<string, string> {
  return {
    PORT: '0',
    METRICS_PORT: '0',
    ENDPOINT_PROPAGATION_MS: '500',
    CONFIG_FILE: file('config.json', JSON.stringify(shop)),
    JWT_KEYS_FILE: file(
      'jwks.json',
      JSON.stringify({ keys: [{ kty: 'oct', kid: 'a', k: key(48) }] }),
    ),
    SESSION_SECRET_FILE: file('secret', key(48)),
    DATABASE_URL: url,
    ...change,
  };
}

function start(
  args: readonly string[],
  env: Record<string, string>,
  input = '',
): { readonly child: ChildProcess; readonly output: () => string } {
  const child = spawn(node, [main, ...args], { env, stdio: 'pipe' });
  child.stdin.end(input);
  children.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  }
  return { child, output: () => text };
}

async function ended(
  args: readonly string[],
  env: Record<string, string>,
  input = '',
): Promise<{ readonly code: number; readonly output: string }> {
  const { child, output } = start(args, env, input);
  const [code] = (await once(child, 'close')) as [number];
  return { code, output: output() };
}

async function listening(env: Record<string, string>): Promise<{
  readonly child: ChildProcess;
  readonly port: number;
  readonly metricsPort: number;
  readonly output: () => string;
}> {
  const started = start([], env);
  for (;;) {
    const line = started
      .output()
      .split('\n')
      .find((text) => text.includes('"listening"'));
    if (line !== undefined)
      return { ...started, ...(JSON.parse(line) as { port: number; metricsPort: number }) };
    if (started.child.exitCode !== null) throw new Error(started.output());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function status(
  port: number,
  path: string,
  agent?: Agent,
): Promise<{ readonly status: number; readonly connection: string | undefined }> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent }, (response) => {
      response.resume();
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, connection: response.headers.connection }),
      );
    }).on('error', reject);
  });
}

beforeAll(async () => {
  url = await seededDatabase();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the API process', () => {
  it('loses no request when it is told to stop: not ready first, then closed, then gone', async () => {
    const { child, port, metricsPort } = await listening(environment());
    const agent = new Agent({ keepAlive: true });
    expect(await status(metricsPort, '/health/ready')).toMatchObject({ status: 200 });
    expect(await status(port, '/api/products', agent)).toMatchObject({ status: 200 });
    child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(await status(metricsPort, '/health/ready')).toMatchObject({ status: 503 });
    expect(await status(port, '/ready')).toMatchObject({ status: 503 });
    expect(await status(metricsPort, '/health/live')).toMatchObject({ status: 200 });
    expect(await status(port, '/api/products', agent)).toMatchObject({ status: 200 });
    expect(await once(child, 'exit')).toEqual([0, null]);
    await expect(status(port, '/health')).rejects.toThrow(/ECONNREFUSED/);
  });

  it('ends at once at a second signal', async () => {
    const { child } = await listening(environment({ ENDPOINT_PROPAGATION_MS: '60000' }));
    child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([1, null]);
  });

  it('is alive but not ready while the database is away, and says 503 with Retry-After', async () => {
    const [closedPort] = await freePorts(1);
    const away = url.replace(/:\d+\//, `:${closedPort}/`);
    const { port, metricsPort } = await listening(environment({ DATABASE_URL: away }));
    expect((await status(metricsPort, '/health/live')).status).toBe(200);
    expect((await status(metricsPort, '/health/startup')).status).toBe(200);
    expect((await status(metricsPort, '/health/ready')).status).toBe(503);
    const response = await fetch(`http://127.0.0.1:${port}/api/products`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
  });

  it('shows metrics under route templates only', async () => {
    const { port, metricsPort } = await listening(environment());
    await status(port, '/api/products/hilsa-padma-1kg');
    await status(port, '/no/such/path');
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(text).toContain(
      'dhakacart_api_requests_total{method="GET",route="/api/products/:slug",status="200"} 1',
    );
    expect(text).toContain('route="unmatched",status="404"} 1');
    expect(text).not.toContain('hilsa');
    expect((await status(port, '/metrics')).status).toBe(404);
  });

  it('migrates and seeds an empty database, once', async () => {
    const env = environment({ DATABASE_URL: await emptyDatabase() });
    expect(await ended(['migrate'], env)).toMatchObject({
      code: 0,
      output: expect.stringContaining('0001_catalogue'),
    });
    expect(await ended(['migrate'], env)).toMatchObject({
      code: 0,
      output: expect.stringContaining('"applied":[]'),
    });
    expect((await ended(['seed'], env)).output).toContain('"products":46');
    expect((await ended(['seed'], env)).output).toContain('"products":0');
  });
});

describe('S34 the command that makes staff', () => {
  it('takes the password from its environment or its input, never from an argument', async () => {
    const args = ['create-staff', '--email', 'boss@example.com'];
    const env = environment({ STAFF_PASSWORD: 'eleven green mangoes' });
    const made = await ended(args, env);
    expect([made.code, made.output.includes('mangoes')]).toEqual([0, false]);
    expect(await ended(args, env)).toMatchObject({
      code: 64,
      output: expect.stringContaining('--email: boss@example.com has an account already'),
    });
    const other = ['create-staff', '--email', 'other@example.com'];
    expect((await ended(other, environment(), 'twelve yellow mangoes\n')).code).toBe(0);
    expect(await ended(['create-staff', '--email', 'third@example.com'], environment())).toEqual({
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
    const { code, output } = await ended(args, environment(change));
    expect(output).toContain(message);
    expect(code).toBe(64);
  });

  it('a short secret, which is not shown', async () => {
    const keys = file(
      'short.json',
      JSON.stringify({ keys: [{ kty: 'oct', kid: 'a', k: key(31) }] }),
    );
    const { code, output } = await ended([], environment({ JWT_KEYS_FILE: keys }));
    expect(output).toContain('JWT_KEYS_FILE: key a has 31 bytes: use 32 or more');
    expect(output).not.toContain(key(31));
    expect(code).toBe(64);
  });
});
