// What a developer starts must end with everything it started, however it ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startPostgres } from '../../../dev/postgres/start-postgres.ts';
import { userIn } from '../../../dev/postgres/unprivileged-user.ts';
import { eventually } from '../../support/eventually.ts';
import { asAdministrator } from '../../support/storefront.ts';

const root = join(import.meta.dirname, '../../..');
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function folders(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('dhakacart-postgres-'));
}

/** Starts the command; returns the folder of its server and the URL of its API. */
async function started(): Promise<{
  readonly child: ChildProcess;
  readonly folder: string;
  readonly url: string;
}> {
  const before = new Set(folders());
  const child = spawn(join(root, 'node_modules/.bin/node'), ['dev/storefront.ts', '--port', '0'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
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
  // Other test files may start servers at the same time: ours is one whose server ends with this child.
  const folder = folders().find((name) => !before.has(name)) ?? '';
  return { child, folder, url };
}

describe('npm run storefront', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'leaves nothing behind after %s',
    async (signal) => {
      const { child, folder, url } = await started();
      expect((await fetch(`${url}/products`)).status).toBe(200);
      expect(folder).not.toBe('');
      child.kill(signal);
      const [code] = (await once(child, 'exit')) as [number | null];
      if (signal !== 'SIGKILL') expect(code).toBe(0);
      await eventually(() => expect(folders()).not.toContain(folder), { timeoutMs: 10_000 });
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
