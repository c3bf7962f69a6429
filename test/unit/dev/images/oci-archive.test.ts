import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  completeLayers,
  folderEntries,
  type ImageEntry,
} from '../../../../dev/images/image-entries.ts';
import { type ImageArchive, writeOciArchive } from '../../../../dev/images/oci-archive.ts';
import { tarHeader } from '../../../../dev/images/tar-header.ts';

const sha256 = (bytes: Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

interface Described {
  readonly digest: string;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly config: Described;
  readonly layers: readonly Described[];
}

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dhakacart-oci-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const anImage = (layer: readonly ImageEntry[], more: Partial<ImageArchive> = {}): ImageArchive => ({
  path: join(folder, 'image.tar'),
  name: 'ghcr.io/dhakacart/storefront-web:1.2.3',
  architecture: 'amd64',
  layers: [layer],
  config: {
    user: '101:101',
    entrypoint: ['/bin/program'],
    cmd: ['serve'],
    env: { LANG: 'C' },
    workdir: '/app',
    ports: [8080],
  },
  ...more,
});

/** The parts of an archive, read by the system's tar: each blob must be what its name says. */
function unpacked(path: string): {
  readonly blob: (digest: string) => Buffer;
  readonly manifest: Manifest;
  readonly described: Described;
} {
  const out = join(folder, 'unpacked');
  mkdirSync(out, { recursive: true });
  execFileSync('tar', ['-xf', path, '-C', out]);
  const blobs = join(out, 'blobs', 'sha256');
  for (const name of readdirSync(blobs))
    expect(sha256(readFileSync(join(blobs, name)))).toBe(`sha256:${name}`);
  const blob = (digest: string): Buffer => readFileSync(join(blobs, digest.slice(7)));
  const index = JSON.parse(readFileSync(join(out, 'index.json'), 'utf8')) as {
    readonly manifests: readonly [Described];
  };
  const [described] = index.manifests;
  return { blob, described, manifest: JSON.parse(String(blob(described.digest))) as Manifest };
}

/** The files of an image, unpacked by the system's tar. */
function rootOf(path: string): string {
  const { blob, manifest } = unpacked(path);
  const root = join(folder, 'root');
  mkdirSync(root, { recursive: true });
  for (const { digest } of manifest.layers)
    execFileSync('tar', ['-xpf', '-', '-C', root], { input: blob(digest) });
  return root;
}

const modeOf = (path: string): string => (lstatSync(path).mode & 0o7777).toString(8);

describe('an OCI archive', () => {
  it('describes its image as containerd reads it', async () => {
    const image = anImage([{ kind: 'text', path: '/app/a', mode: 0o444, text: 'a' }]);
    const written = await writeOciArchive(image);
    const { blob, described, manifest } = unpacked(image.path);
    expect(described.annotations).toEqual({
      'io.containerd.image.name': 'ghcr.io/dhakacart/storefront-web:1.2.3',
      'org.opencontainers.image.ref.name': '1.2.3',
    });
    expect([written.digest, written.id]).toEqual([described.digest, manifest.config.digest]);
    expect(written.sizeBytes).toBe(lstatSync(image.path).size);
    for (const { digest, size } of [described, manifest.config, ...manifest.layers])
      expect(blob(digest)).toHaveLength(size);
    expect(JSON.parse(String(blob(manifest.config.digest)))).toEqual({
      created: '1970-01-01T00:00:00Z',
      architecture: 'amd64',
      os: 'linux',
      config: {
        User: '101:101',
        Entrypoint: ['/bin/program'],
        Cmd: ['serve'],
        Env: ['LANG=C'],
        WorkingDir: '/app',
        ExposedPorts: { '8080/tcp': {} },
      },
      rootfs: { type: 'layers', diff_ids: manifest.layers.map(({ digest }) => digest) },
    });
  });

  it('holds files, folders and links with the modes and owners that were asked for', async () => {
    const source = join(folder, 'source');
    writeFileSync(source, Buffer.alloc(3 * 2 ** 20 + 7, 'x'), { mode: 0o600 });
    const image = anImage([
      { kind: 'file', path: '/bin/program', mode: 0o555, from: source },
      { kind: 'text', path: '/etc/deep/er/text', mode: 0o440, text: 'বাংলা', uid: 101, gid: 102 },
      { kind: 'folder', path: '/tmp', mode: 0o1777 },
      { kind: 'symlink', path: '/lib', target: 'usr/lib' },
    ]);
    await writeOciArchive(image);
    const { blob, manifest } = unpacked(image.path);
    const list = execFileSync('tar', ['--numeric-owner', '-tvf', '-'], {
      input: blob(manifest.layers[0]?.digest ?? ''),
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' },
    });
    expect(list.replaceAll(/ +/g, ' ').trim().split('\n')).toEqual([
      'drwxr-xr-x 0/0 0 1970-01-01 00:00 bin/',
      '-r-xr-xr-x 0/0 3145735 1970-01-01 00:00 bin/program',
      'drwxr-xr-x 0/0 0 1970-01-01 00:00 etc/',
      'drwxr-xr-x 0/0 0 1970-01-01 00:00 etc/deep/',
      'drwxr-xr-x 0/0 0 1970-01-01 00:00 etc/deep/er/',
      '-r--r----- 101/102 15 1970-01-01 00:00 etc/deep/er/text',
      'lrwxrwxrwx 0/0 0 1970-01-01 00:00 lib -> usr/lib',
      'drwxrwxrwt 0/0 0 1970-01-01 00:00 tmp/',
    ]);
  });

  it.each([99, 100, 101, 255, 2_000])(
    'keeps a name of %i bytes and a link to it',
    async (bytes) => {
      for (const letter of ['x', 'ঢ', ' ']) {
        const parts: string[] = [];
        for (let left = Math.floor(bytes / Buffer.byteLength(letter)); left > 0; left -= 60)
          parts.push(letter.repeat(Math.min(left, 60)));
        const path = `/${parts.join('/')}`;
        const image = anImage([
          { kind: 'text', path, mode: 0o644, text: path },
          { kind: 'symlink', path: '/link', target: path.slice(1) },
        ]);
        await writeOciArchive(image);
        const root = rootOf(image.path);
        expect(readlinkSync(join(root, 'link'))).toBe(path.slice(1));
        expect(readFileSync(join(root, 'link'), 'utf8')).toBe(path);
      }
    },
  );

  it('is the same, byte for byte, from two folders of other age, order and modes', async () => {
    const bytes: Buffer[] = [];
    for (const [at, names] of [
      ['b', 'a', 'a-b', 'sub'],
      ['sub', 'a-b', 'a', 'b'],
    ].entries()) {
      const source = join(folder, `source-${at}`);
      for (const name of names) {
        mkdirSync(join(source, name), { recursive: true });
        writeFileSync(join(source, name, 'file'), name);
        chmodSync(join(source, name, 'file'), at === 0 ? 0o600 : 0o644);
        utimesSync(join(source, name, 'file'), at, at);
      }
      symlinkSync('a/file', join(source, 'link'));
      const image = anImage(folderEntries({ from: source, to: '/app' }), {
        path: join(folder, `image-${at}.tar`),
      });
      await writeOciArchive(image);
      bytes.push(readFileSync(image.path));
    }
    expect(bytes[0]?.equals(bytes[1] ?? Buffer.alloc(0))).toBe(true);
  });

  it('leaves nothing of a failure', async () => {
    const image = anImage([
      { kind: 'file', path: '/a', mode: 0o444, from: join(folder, 'missing') },
    ]);
    await expect(writeOciArchive(image)).rejects.toThrow('missing');
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('layers', () => {
  const file = (path: string): ImageEntry => ({ kind: 'text', path, mode: 0o444, text: '' });
  const paths = (layers: readonly (readonly ImageEntry[])[]): unknown =>
    layers.map((layer) => layer.map(({ path }) => path));

  it('get the folders that lead to their entries, once and before them', () => {
    const layers = completeLayers([[file('/b/c/d')], [file('/b/c/e'), file('/a/f')]]);
    expect(paths(layers)).toEqual([
      ['/b', '/b/c', '/b/c/d'],
      ['/a', '/a/f', '/b/c/e'],
    ]);
  });

  it('keep the mode of a folder that is named', () => {
    const layers = completeLayers([
      [file('/tmp/x/y'), { kind: 'folder', path: '/tmp', mode: 0o1777 }],
      [file('/tmp/z')],
    ]);
    expect(layers.flat().filter(({ path }) => path === '/tmp')).toEqual([
      { kind: 'folder', path: '/tmp', mode: 0o1777 },
    ]);
  });

  it.each([
    ['a path without a root', [file('a')]],
    ['a path that climbs', [file('/a/../b')]],
    ['a slash at the end', [file('/a/')]],
    ['the root itself', [file('/')]],
    ['a path twice', [file('/a'), file('/a')]],
    ['something below a file', [file('/a'), file('/a/b')]],
  ])('refuse %s', (_what, layer) => {
    expect(() => completeLayers([layer])).toThrow(/absolute, clean path|twice|no folder/);
  });

  it('of a folder hold what was asked for', () => {
    mkdirSync(join(folder, 'skipped/deep'), { recursive: true });
    writeFileSync(join(folder, 'program'), '', { mode: 0o700 });
    writeFileSync(join(folder, 'text'), '', { mode: 0o600 });
    const entries = folderEntries({
      from: folder,
      to: '/app',
      takes: (path) => path !== 'skipped',
    });
    expect(entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toMatchObject([
      { kind: 'folder', path: '/app', mode: 0o755 },
      { kind: 'file', path: '/app/program', mode: 0o755 },
      { kind: 'file', path: '/app/text', mode: 0o644 },
    ]);
    const strict = folderEntries({ from: folder, to: '/app', mode: 0o555 });
    expect(strict).toHaveLength(5);
    expect(strict.every((entry) => 'mode' in entry && entry.mode === 0o555)).toBe(true);
  });
});

describe('a tar header', () => {
  const member = { name: 'a', type: 'file', mode: 0o644, uid: 0, gid: 0, sizeBytes: 0 } as const;

  it('refuses what its fields cannot hold', () => {
    expect(() => tarHeader({ ...member, sizeBytes: 8 ** 11 })).toThrow('"size"');
    expect(() => tarHeader({ ...member, uid: 8 ** 7 })).toThrow('"uid"');
    expect(tarHeader({ ...member, sizeBytes: 8 ** 11 - 1, uid: 8 ** 7 - 1 })).toHaveLength(512);
  });

  it('needs a pax record only for a name of more than 100 bytes', () => {
    expect(tarHeader({ ...member, name: 'x'.repeat(100) })).toHaveLength(512);
    expect(tarHeader({ ...member, name: 'x'.repeat(101) })).toHaveLength(3 * 512);
  });
});

it('unpacks with the mode of every entry, for the owner too', async () => {
  const image = anImage([{ kind: 'text', path: '/a', mode: 0o444, text: '' }]);
  await writeOciArchive(image);
  expect(modeOf(join(rootOf(image.path), 'a'))).toBe('444');
});
