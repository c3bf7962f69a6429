import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { assembleImages } from '../../../../dev/images/assemble-images.ts';

/** An engine whose images are their names. */
const engine = `case "$1" in
  build) [ ! -e $0.offline ] || { echo 'pulling'; echo 'no such host'; exit 1; } >&2;;
  image) echo "sha256:id of $5";;
  save) shift 2; for word in "$@"; do echo $word; sleep 0.05; done > $1;;
esac`;

describe('with a Docker engine', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dhakacart-engine-'));
    play('docker', engine);
    vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH'] ?? ''}`);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  const play = (name: string, script: string): void =>
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const messages: string[] = [];
  const assemble = async (version: string) => {
    const [image] = await assembleImages({
      images: ['storefront-api'],
      storefrontVersions: [version],
      cacheFolder: folder,
      onMessage: (line) => messages.push(line),
    });
    if (image === undefined) throw new Error('no image');
    return image;
  };

  it('each image has an archive of its own, also of two runs at once', async () => {
    const versions = ['1.0.0', '2.0.0'];
    const images = await Promise.all(versions.map(assemble));
    for (const [index, { path, references }] of images.entries()) {
      expect(references).toEqual([`ghcr.io/dhakacart/storefront-api:${versions[index]}`]);
      expect(readFileSync(path, 'utf8')).toContain(references[0]);
    }
    expect(readdirSync(join(folder, 'images', 'storefront-api'))).toHaveLength(2);
    expect(await assemble('1.0.0')).toMatchObject({ path: images[0]?.path, wasCached: true });
  });

  it('that can pull nothing, they are assembled where that can be done', async () => {
    writeFileSync(join(folder, 'docker.offline'), '');
    play('dpkg-deb', 'exit 1');
    play('apt-get', 'echo nothing to fetch from >&2; exit 1');
    await expect(assemble('1.0.0')).rejects.toThrow(
      process.platform === 'linux' ? 'nothing to fetch from' : 'no such host',
    );
    if (process.platform !== 'linux') return;
    expect(messages).toContain('assembling the images, because Docker cannot: no such host');
    rmSync(join(folder, 'apt-get'));
    vi.stubEnv('PATH', folder);
    await expect(assemble('1.0.0')).rejects.toThrow('no such host');
  });
});
