import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The operator as one file, built for the tests of the current `describe`: what the image runs, and quicker to start. */
export function withOperatorBundle(): () => string {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dhakacart-bundle-'));
    const builder = join(root, 'dev/build.ts');
    await promisify(execFile)(process.execPath, [builder, `--out=${folder}`, 'operator']);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return () => join(folder, 'operator.mjs');
}
