import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { postgresPlan } from '../../../../dev/images/postgres-plan.ts';
import { imagePlatform } from '../../../../dev/images/shared-libraries.ts';

const repository = fileURLToPath(new URL('../../../..', import.meta.url));
const { triplet, loader } = imagePlatform(process.arch);
let debian: string;

function give(path: string, text = ''): void {
  mkdirSync(dirname(join(debian, path)), { recursive: true });
  writeFileSync(join(debian, path), text);
  chmodSync(join(debian, path), 0o755);
}

beforeEach(() => {
  debian = mkdtempSync(join(tmpdir(), 'dhakacart-debian-'));
  give(`usr/lib/${triplet}/${basename(loader)}`, '#!/bin/sh\n'); // says of every program that it needs nothing
  give('usr/lib/postgresql/17/bin/psql');
  give('usr/lib/postgresql/17/bin/pg_isready');
  give('usr/lib/locale/C.utf8/LC_CTYPE');
});
afterEach(() => rmSync(debian, { recursive: true }));

it.each(['bin', 'usr/bin'])('takes BusyBox from %s, where the package has it', async (folder) => {
  give(`${folder}/busybox`);
  const sources = { repository, debian, arch: process.arch, workFolder: debian };
  const [tools = []] = (await postgresPlan(sources)).layers;
  expect(tools.find(({ path }) => path === '/bin/busybox')).toMatchObject({
    from: join(debian, folder, 'busybox'),
  });
});
