import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../binaries/go-program.ts';
import type { HostProbes } from '../binaries/host-probes.ts';
import { noteUse } from '../images/archive-cache.ts';
import { writeOciArchive } from '../images/oci-archive.ts';
import type { ImageArchive } from '../images/oci-archive.ts';
import { programVersion } from './node-programs.ts';
import type { NodePrograms } from './node-programs.ts';

/** Who the add-ons run as: the `nonroot` of images without a system. */
export const addonUser = 65532;

/** Images of the node's own pods; nobody publishes them, so they are called by the registry that no node asks. */
export const nodeImages = {
  pause: 'localhost/pause:1',
  coredns: `localhost/coredns:${programVersion('coredns')}`,
  'metrics-server': `localhost/metrics-server:${programVersion('metrics-server')}`,
  traefik: `localhost/traefik:${programVersion('traefik')}`,
} as const;

type NodeImage = keyof typeof nodeImages;

const programOf: Readonly<Record<NodeImage, keyof NodePrograms>> = {
  pause: 'nodekit',
  coredns: 'coredns',
  'metrics-server': 'metrics-server',
  traefik: 'traefik',
};

/** Paths of the images' archives in the cache folder; each is written when its program is another one than before. */
export async function ensureNodeImages(
  programs: NodePrograms,
  host: HostProbes,
): Promise<string[]> {
  const names = Object.keys(nodeImages) as NodeImage[];
  return Promise.all(names.map((name) => ensureImage(name, programs[programOf[name]], host)));
}

async function ensureImage(name: NodeImage, program: string, host: HostProbes): Promise<string> {
  // A built program's path has the hash of its sources in it, a released one's its version.
  const { size, mtimeMs } = statSync(program);
  const key = createHash('sha256')
    .update(`${nodeImages[name]} ${program} ${size} ${mtimeMs}`)
    .digest('hex');
  const path = join(cacheFolder(host), 'node-images', name, `${key.slice(0, 16)}.tar`);
  if (!existsSync(path)) await writeOciArchive(archiveOf(name, program, path));
  noteUse(path);
  return path;
}

function archiveOf(name: NodeImage, program: string, path: string): ImageArchive {
  const target = `/${name}`;
  return {
    path,
    name: nodeImages[name],
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    layers: [
      [
        { kind: 'folder', path: '/tmp', mode: 0o1777 },
        { kind: 'file', path: target, mode: 0o755, from: program },
      ],
    ],
    config: {
      user: `${addonUser}:${addonUser}`,
      entrypoint: name === 'pause' ? [target, 'pause'] : [target],
      cmd: [],
      env: { PATH: '/' },
      workdir: '/',
      ports: [],
    },
  };
}
