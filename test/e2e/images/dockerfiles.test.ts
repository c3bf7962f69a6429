// What was assembled is what the Dockerfiles say, read here from the archive itself; and it is the same each time.
import { readFileSync, mkdtempSync, rmSync, statSync, lstatSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheFolder } from '../../../dev/binaries/go-program.ts';
import { realHost } from '../../../dev/binaries/host-probes.ts';
import {
  type AssembledImage,
  assembleImages,
  imagePlan,
} from '../../../dev/images/assemble-images.ts';
import { debianRoot } from '../../../dev/images/debian-root.ts';
import { dockerfiles } from '../../../dev/images/dockerfile-plan.ts';
import type { ImageName } from '../../../dev/images/image-plan.ts';
import { writeOciArchive } from '../../../dev/images/oci-archive.ts';
import { type UnpackedImage, unpackImage, whyNoContainers } from '../../support/image-container.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const why = whyNoContainers();

/** What each image must hold as files that nobody can write; the second word is the mode. */
const files: Readonly<Record<keyof typeof dockerfiles, Readonly<Record<string, string>>>> = {
  'storefront-api': {
    '/app': '555',
    '/app/storefront-api.mjs': '555',
    '/app/migrations/0001_catalogue.sql': '555',
    '/app/node_modules/@node-rs/argon2/package.json': '555',
    '/nodejs/bin/node': '755',
    '/etc/ssl/certs/ca-certificates.crt': '644',
    '/tmp': '1777',
  },
  operator: { '/app/operator.mjs': '444', '/nodejs/bin/node': '755', '/tmp': '1777' },
  'storefront-web': {
    '/etc/nginx/nginx.conf': '444',
    '/etc/nginx/mime.types': '644',
    '/usr/share/nginx/html/index.html': '555',
    '/etc/dhakacart/config/config.json': '555',
    '/etc/dhakacart/config/store.conf': '555',
    '/usr/sbin/nginx': '755',
    '/tmp': '1777',
  },
};

describe.skipIf(why !== undefined)(`the archives${why ? ` (skipped: ${why})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'dhakacart-archives-'));
  const images = new Map<ImageName, UnpackedImage & AssembledImage>();

  beforeAll(async () => {
    for (const one of await assembleImages())
      images.set(one.image, { ...one, ...unpackImage(one.path, join(folder, one.image)) });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  describe.each(Object.entries(dockerfiles))('%s', (name, dockerfile) => {
    const image = (): UnpackedImage => images.get(name as ImageName) as UnpackedImage;
    const text = readFileSync(join(repository, dockerfile), 'utf8');
    const last = text.slice(text.lastIndexOf('\nFROM '));
    const said = (word: string): readonly string[] =>
      [...last.matchAll(new RegExp(`^${word} (.*)$`, 'gm'))].map(([, rest]) => rest ?? '');

    it('starts as its Dockerfile says', () => {
      const { settings } = image();
      expect([settings.User]).toEqual(said('USER'));
      expect([settings.WorkingDir]).toEqual(said('WORKDIR'));
      expect(settings.Entrypoint).toEqual(JSON.parse(said('ENTRYPOINT')[0] ?? '[]'));
      expect(settings.Cmd).toEqual(JSON.parse(said('CMD')[0] ?? '[]'));
      expect(settings.Env).toEqual(expect.arrayContaining([...said('ENV')]));
      expect([settings.StopSignal ?? []].flat()).toEqual(said('STOPSIGNAL'));
      const ports = said('EXPOSE').flatMap((line) => line.split(' '));
      expect(Object.keys(settings.ExposedPorts)).toEqual(ports.map((port) => `${port}/tcp`));
    });

    it('holds what its Dockerfile copies, owned by root', () => {
      const { root } = image();
      const wanted = files[name as keyof typeof files];
      const found = Object.keys(wanted).map((path) => {
        const { mode, uid } = lstatSync(join(root, path));
        return [path, `${(mode & 0o7777).toString(8)}${uid === 0 ? '' : ` of ${uid}`}`];
      });
      expect(Object.fromEntries(found)).toEqual(wanted);
      for (const target of said('COPY').map((line) => line.split(' ').at(-1) ?? ''))
        expect(statSync(join(root, target)).uid).toBe(0);
    });

    it('knows its user by name', () => {
      const [uid] = image().settings.User.split(':');
      expect(readFileSync(join(image().root, 'etc/passwd'), 'utf8')).toContain(`:x:${uid}:${uid}:`);
    });
  });

  it.each(['storefront-api', 'storefront-web', 'operator', 'postgres'] as const)(
    '%s has the same digest when it is made again elsewhere',
    async (name) => {
      const host = realHost();
      const onMessage = (): void => undefined;
      const debian = await debianRoot({ host, cacheFolder: cacheFolder(host), onMessage });
      const workFolder = mkdtempSync(join(folder, 'work-'));
      const plan = await imagePlan(name, { repository, debian, arch: host.arch, workFolder });
      const { references, digest } = images.get(name) as AssembledImage;
      const again = await writeOciArchive({
        ...plan,
        path: join(folder, `${name}-again.tar`),
        name: references[0],
        architecture: host.arch === 'arm64' ? 'arm64' : 'amd64',
      });
      expect(again.digest).toBe(digest);
    },
  );
});
