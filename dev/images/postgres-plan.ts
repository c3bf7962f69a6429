// Stand-in for docker.io/library/postgres: the server that npm has installed for the tests, under the official image's
// paths, user, settings and entrypoint; its shell and tools are BusyBox, psql and pg_isready are Debian's, which may be older than
// the server (both speak protocol 3.0, which every server since 7.4 takes).
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { postgresBinaries } from '../postgres/postgres-binaries.ts';
import { baseFiles } from './base-files.ts';
import { folderEntries, type ImageEntry } from './image-entries.ts';
import { type ImagePlan, type PlanSources, searchPath } from './image-plan.ts';
import { fileIn, libraryEntries } from './shared-libraries.ts';

/** Major version of the pinned npm package, and so the only one there is. */
export const postgresMajor = 18;

/** User and group `postgres` of the official image. */
const owner = { uid: 999, gid: 999 } as const;

const home = `/usr/lib/postgresql/${postgresMajor}`;
/** Beyond it only postgres and its group write, and new files keep the group. */
const socketFolderMode = 0o3775;

/** What the entrypoint, initdb and a person with `kubectl exec` use. */
const applets = (
  '[ awk base64 cat chmod cp cut date df du env find grep gunzip gzip head id kill ls mkdir mktemp mv printf ps rm sed sh ' +
  'sleep sort stat tail test touch tr wc'
).split(' ');

/** Not for running a server, or linked to a Perl, Python or Tcl that is not there. */
const left = /\.a$|^lib\/(pkgconfig|postgresql\/pgxs)$|pl(perl|python3?|tcl)u?\b|_pl(perl|python3)/;

/** The defaults that the official image changes, and where the socket of Debian's builds is. */
function configSample(share: string): string {
  const text = readFileSync(join(share, 'postgresql.conf.sample'), 'utf8');
  return `${text}\nlisten_addresses = '*'\nunix_socket_directories = '/var/run/postgresql'\n`;
}

function serverEntries(native: string): readonly ImageEntry[] {
  const share = join(native, 'share/postgresql');
  const sample = `${home}/share/postgresql/postgresql.conf.sample`;
  const files = folderEntries({ from: native, to: home, takes: (path) => !left.test(path) });
  return [
    ...files.filter(({ path }) => path !== sample && path !== `${home}/pg-symlinks.json`),
    { kind: 'text', path: sample, mode: 0o644, text: configSample(share) },
  ];
}

async function toolEntries({ debian, arch }: PlanSources): Promise<readonly ImageEntry[]> {
  const versions = join(debian, 'usr/lib/postgresql');
  const bin = join(versions, readdirSync(versions).toSorted().at(-1) ?? '', 'bin');
  const clients = ['psql', 'pg_isready'].map((name) => join(bin, name));
  const locale = 'usr/lib/locale/C.utf8';
  const server = Object.values(postgresBinaries());
  return [
    ...(await libraryEntries(debian, arch, [...clients, ...server])),
    ...clients.map(
      (from): ImageEntry => ({
        kind: 'file',
        path: `/usr/bin/${basename(from)}`,
        mode: 0o755,
        from,
      }),
    ),
    { kind: 'file', path: '/bin/busybox', mode: 0o755, from: fileIn(debian, '/bin/busybox') },
    ...applets.map(
      (name): ImageEntry => ({ kind: 'symlink', path: `/bin/${name}`, target: 'busybox' }),
    ),
    ...folderEntries({ from: join(debian, locale), to: `/${locale}` }),
  ];
}

/** The plan of the stand-in. */
export async function postgresPlan(sources: PlanSources): Promise<ImagePlan> {
  const native = dirname(dirname(postgresBinaries().postgres));
  const entrypoint = join(sources.repository, 'dev/images/postgres/docker-entrypoint.sh');
  return {
    layers: [
      [
        ...baseFiles({ name: 'postgres', id: owner.uid, home: '/var/lib/postgresql' }),
        ...(await toolEntries(sources)),
        ...serverEntries(native),
      ],
      [
        { kind: 'folder', path: '/docker-entrypoint-initdb.d', mode: 0o755 },
        { kind: 'folder', path: '/run/postgresql', mode: socketFolderMode, ...owner },
        { kind: 'symlink', path: '/var/run', target: '/run' },
        { kind: 'folder', path: '/var/lib/postgresql', mode: 0o1777, ...owner },
        {
          kind: 'file',
          path: '/usr/local/bin/docker-entrypoint.sh',
          mode: 0o755,
          from: entrypoint,
        },
      ],
    ],
    config: {
      // The official image starts as root and changes to this user; the store never lets it.
      user: `${owner.uid}:${owner.gid}`,
      entrypoint: ['docker-entrypoint.sh'],
      cmd: ['postgres'],
      env: {
        PATH: `${searchPath}:${home}/bin`,
        LANG: 'C.UTF-8',
        PG_MAJOR: String(postgresMajor),
        PGDATA: `/var/lib/postgresql/${postgresMajor}/docker`,
      },
      workdir: '/',
      ports: [5432],
      stopSignal: 'SIGINT',
    },
  };
}
