// Which shared libraries programs need, asked of the very loader that will load them: `ld.so --list`, ld.so(8). It runs
// from the unpacked packages, so the answer does not depend on this machine's own libraries.
import { existsSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runCommand } from '../cluster/run-command.ts';
import type { ImageEntry } from './image-entries.ts';

/** What the images run on. */
export interface ImagePlatform {
  readonly architecture: 'amd64' | 'arm64';
  /** Debian's name of the folder with libraries. */
  readonly triplet: string;
  /** Path that programs name as their loader. */
  readonly loader: string;
}

const platforms: Readonly<Record<string, ImagePlatform>> = {
  x64: {
    architecture: 'amd64',
    triplet: 'x86_64-linux-gnu',
    loader: '/lib64/ld-linux-x86-64.so.2',
  },
  arm64: {
    architecture: 'arm64',
    triplet: 'aarch64-linux-gnu',
    loader: '/lib/ld-linux-aarch64.so.1',
  },
};

/**
 * This machine's, which is that of the images too: nothing is compiled, programs are those that are here.
 * @throws Error when it is neither x64 nor arm64
 */
export function imagePlatform(arch: string): ImagePlatform {
  const platform = platforms[arch];
  if (platform === undefined)
    throw new Error(`images are assembled for x64 and arm64 only, this machine is ${arch}`);
  return platform;
}

/**
 * A file of the packages below the root, which newer ones bring at /usr alone (https://wiki.debian.org/UsrMerge).
 * @throws Error when it is at neither place
 */
export function fileIn(root: string, path: string): string {
  for (const found of [path, `/usr${path}`]) {
    if (existsSync(join(root, found))) return join(root, found);
  }
  throw new Error(`the Debian packages hold no ${path}`);
}

async function listed(
  loader: string,
  libraryPath: string,
  program: string,
): Promise<readonly string[]> {
  const args = ['--library-path', libraryPath, '--list', program];
  const { code, stdout, stderr } = await runCommand({ file: loader, args, timeoutMs: 30_000 });
  if (code !== 0 || stdout.includes('not found'))
    throw new Error(`${program} lacks a library: ${`${stdout}${stderr}`.trim()}`);
  return [...stdout.matchAll(/=> (\S+) \(0x/g)].flatMap(([, path]) => path ?? []);
}

/**
 * The loader and the libraries that programs (or native modules) need, from the packages below `root`, at Debian's paths.
 * Libraries that a program brings along itself are left out.
 */
export async function libraryEntries(
  root: string,
  arch: string,
  programs: readonly string[],
): Promise<readonly ImageEntry[]> {
  const { triplet, loader } = imagePlatform(arch);
  const folders = [`/lib/${triplet}`, `/usr/lib/${triplet}`];
  const real = fileIn(root, `/lib/${triplet}/${basename(loader)}`);
  const libraryPath = folders.map((folder) => join(root, folder)).join(':');
  const found = new Map<string, string>();
  for (const program of programs) {
    for (const path of await listed(real, libraryPath, program)) {
      const isOurs = path.startsWith(`${root}/`) && basename(path) !== basename(loader);
      if (isOurs) found.set(basename(path), realpathSync(path));
    }
  }
  const libraries = [...found].map(
    ([name, from]): ImageEntry => ({
      kind: 'file',
      path: `/usr/lib/${triplet}/${name}`,
      mode: 0o644,
      from,
    }),
  );
  return [...libraries, { kind: 'file', path: loader, mode: 0o755, from: realpathSync(real) }];
}
