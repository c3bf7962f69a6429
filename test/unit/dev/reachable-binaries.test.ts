import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../../../dev/cluster/run-command.ts';
import { postgresBinaries } from '../../../dev/postgres/postgres-binaries.ts';
import { reachableBinaries } from '../../../dev/postgres/reachable-binaries.ts';
import { unprivilegedUser } from '../../../dev/postgres/unprivileged-user.ts';

const user = unprivilegedUser();

describe.skipIf(user === undefined)('the programs of PostgreSQL for another user than root', () => {
  const { uid, gid } = user ?? { uid: 0, gid: 0 };
  const installed = postgresBinaries();
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dhakacart-reach-'));
    chmodSync(folder, 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are copied when they lie below a closed folder, and make a database', async () => {
    const closed = join(folder, 'root');
    mkdirSync(closed, { mode: 0o700 });
    cpSync(dirname(dirname(installed.postgres)), join(closed, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    const bin = join(closed, 'native', 'bin');
    const below = { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
    const { initdb } = await reachableBinaries(below, { uid, gid }, folder);
    const args = [`--pgdata=${join(folder, 'native', 'data')}`, '--no-sync', '--locale=C'];
    const made = await runCommand({ file: initdb, args, cwd: folder, timeoutMs: 60_000, uid, gid });
    expect(made).toMatchObject({ code: 0 });
  });

  it('stay where they are when they can be run there', async () => {
    const open = join(folder, 'open');
    mkdirSync(join(open, 'bin'), { recursive: true });
    symlinkSync('/bin/true', join(open, 'bin', 'postgres'));
    const found = { initdb: '/nowhere', postgres: join(open, 'bin', 'postgres') };
    expect(await reachableBinaries(found, { uid, gid }, folder)).toBe(found);
  });
});
