import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A program as one file, built for the tests of the current `describe`: what the image runs, and quicker to start. */
export function withBundle(program: 'operator' | 'storefront-api'): () => string {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dhakacart-bundle-'));
    const builder = join(root, 'dev/build.ts');
    await promisify(execFile)(process.execPath, [builder, `--out=${folder}`, program]);
    // The image carries the packages with a native part beside the bundle.
    await mkdir(join(folder, 'node_modules'));
    const native = 'node_modules/@node-rs';
    await symlink(join(root, native), join(folder, native));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return () => join(folder, `${program}.mjs`);
}
