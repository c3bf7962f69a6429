// What a developer starts must end with everything it started, however it ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { startPostgres } from '../../../dev/postgres/start-postgres.ts';
import { userIn } from '../../../dev/postgres/unprivileged-user.ts';
import { eventually } from '../../support/eventually.ts';
import { asAdministrator } from '../../support/storefront.ts';

const root = join(import.meta.dirname, '../../..');
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

// A folder for temporary files of the command's own: other servers come and go beside it. Its user must pass through.
const temporary = mkdtempSync(join(tmpdir(), 'dhakacart-development-'));
chmodSync(temporary, 0o755);
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

function folders(): readonly string[] {
  return readdirSync(temporary).filter((name) => name.startsWith('dhakacart-postgres-'));
}

/** Starts the command; returns the URL of its API. */
async function started(): Promise<{
  readonly child: ChildProcess;
  readonly url: string;
}> {
  const child = spawn(join(root, 'node_modules/.bin/node'), ['dev/storefront.ts', '--port', '0'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary },
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const url = await eventually(() => {
    const found = /answers at (\S+)/.exec(output)?.[1];
    if (found === undefined) throw new Error(output);
    return found;
  });
  return { child, url };
}

describe('npm run storefront', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'leaves nothing behind after %s',
    async (signal) => {
      const { child, url } = await started();
      expect((await fetch(`${url}/products`)).status).toBe(200);
      expect(folders()).toHaveLength(1);
      child.kill(signal);
      const [code] = (await once(child, 'exit')) as [number | null];
      if (signal !== 'SIGKILL') expect(code).toBe(0);
      await eventually(() => expect(folders()).toEqual([]), { timeoutMs: 10_000 });
      await expect(fetch(`${url}/products`)).rejects.toThrow();
    },
  );
});

describe('the development server', () => {
  it('is safe against a crash unless somebody says otherwise, and keeps its data over one', async () => {
    const server = await startPostgres();
    try {
      expect(await asAdministrator(server.url(), 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
      await asAdministrator(server.url(), 'CREATE TABLE kept AS SELECT 1 AS n');
      await server.kill();
      await server.restart();
      expect(await asAdministrator(server.url(), 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
    } finally {
      await server.stop();
    }
  });

  it('starts again at once after a crash, although its children live on for a moment', async () => {
    const server = await startPostgres({ fsync: false });
    try {
      for (let times = 0; times < 5; times += 1) {
        await asAdministrator(server.url(), 'SELECT 1');
        await server.kill();
        await server.restart();
      }
    } finally {
      await server.stop();
    }
  });

  it('listens on loopback only and asks for a password', async () => {
    const server = await startPostgres({ fsync: false });
    try {
      expect(await asAdministrator(server.url(), 'SHOW listen_addresses')).toEqual([
        { listen_addresses: '127.0.0.1' },
      ]);
      const wrong = server.url().replace(/:[^:@]+@/, ':wrong@');
      await expect(asAdministrator(wrong, 'SELECT 1')).rejects.toThrow(
        /password authentication failed/,
      );
    } finally {
      await server.stop();
    }
  });
});

it('finds a user that is not root', () => {
  const passwd = 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65533:n:/:/x\n';
  expect(userIn(passwd, ['postgres', 'nobody'])).toEqual({ uid: 65_534, gid: 65_533 });
  expect(userIn(passwd, ['postgres'])).toBeUndefined();
});
