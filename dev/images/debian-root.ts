// Programs and libraries of Debian (or Ubuntu), unpacked side by side into one folder of the cache: apt finds, checks and
// fetches the packages into folders of our own, dpkg-deb unpacks them. Nothing of the machine changes, nobody has to be
// root, and nothing is configured: what an image takes from here are files.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { withBuildLock } from '../binaries/build-lock.ts';
import type { HostProbes } from '../binaries/host-probes.ts';
import { runCommand } from '../cluster/run-command.ts';

/** What the images are made of, apart from what npm brings; apt adds what these depend on. */
const packages = [
  'busybox-static',
  'ca-certificates',
  'libatomic1',
  'libc-bin',
  'libstdc++6',
  'nginx',
  'postgresql-client',
];

/** A far mirror may be slow. */
const fetchPatienceMs = 600_000;
const unpackPatienceMs = 60_000;

/** The machine, where to keep what is fetched, and where progress lines go. */
export interface DebianEnvironment {
  readonly host: HostProbes;
  readonly cacheFolder: string;
  readonly onMessage: (line: string) => void;
}

/** ID and code name of this machine's distribution: its apt fetches its packages. */
function distribution(): string {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const field = (name: string): string =>
    new RegExp(`^${name}="?([^"\n]*)`, 'm').exec(text)?.[1] ?? 'unknown';
  return `${field('ID')}-${field('VERSION_CODENAME')}`;
}

async function run(file: string, args: readonly string[], timeoutMs: number): Promise<void> {
  const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
  const { code, stdout, stderr } = await runCommand({ file, args, timeoutMs, env });
  if (code === 0) return;
  const lines = `${stderr}${stdout}`.trim().split('\n').slice(-5);
  throw new Error(`${[file, ...args.slice(-2)].join(' ')} failed: ${lines.join(' | ')}`);
}

/** Options that keep apt in a folder, with no package counted as installed. */
function aptOptions(folder: string): readonly string[] {
  writeFileSync(join(folder, 'status'), '');
  for (const part of ['lists/partial', 'cache/archives/partial'])
    mkdirSync(join(folder, part), { recursive: true });
  return [
    `Dir::State::lists=${join(folder, 'lists')}`,
    `Dir::State::status=${join(folder, 'status')}`,
    `Dir::Cache=${join(folder, 'cache')}`,
    'Debug::NoLocking=1', // the folder is ours, and dpkg's lock is not needed
    'APT::Sandbox::User=', // the cache may lie in a folder that the user _apt cannot enter
    'APT::Install-Recommends=0',
    'Acquire::Languages=none',
  ].flatMap((option) => ['-o', option]);
}

async function fetchInto(folder: string): Promise<void> {
  const work = join(folder, 'apt');
  mkdirSync(work, { recursive: true });
  const options = aptOptions(work);
  await run('apt-get', [...options, '-qq', 'update'], fetchPatienceMs);
  await run(
    'apt-get',
    [...options, '-qq', '-y', '--download-only', 'install', ...packages],
    fetchPatienceMs,
  );
  const archives = join(work, 'cache', 'archives');
  const names = readdirSync(archives).filter((name) => name.endsWith('.deb'));
  for (const name of names.toSorted())
    await run('dpkg-deb', ['-x', join(archives, name), join(folder, 'root')], unpackPatienceMs);
  writeFileSync(join(folder, 'packages.txt'), `${names.toSorted().join('\n')}\n`);
  rmSync(work, { recursive: true });
}

/** The programs that get packages and are not on this machine. */
export function missingTools({ which }: Pick<HostProbes, 'which'>): readonly string[] {
  return ['apt-get', 'dpkg-deb'].filter((name) => which(name) === undefined);
}

/**
 * The folder with the unpacked packages; fetched once, kept until the folder is removed.
 * @throws Error where there is no apt, or the packages cannot be had
 */
export async function debianRoot(environment: DebianEnvironment): Promise<string> {
  const { host, cacheFolder, onMessage } = environment;
  const missing = missingTools(host);
  if (missing.length > 0)
    throw new Error(
      `images are assembled from Debian packages, and ${missing.join(' and ')} is not on this machine: use Debian or Ubuntu, or start Docker`,
    );
  const what = JSON.stringify([distribution(), host.arch, packages]);
  const key = createHash('sha256').update(what).digest('hex').slice(0, 16);
  const folder = join(cacheFolder, 'images', 'debian', key);
  const root = join(folder, 'root');
  const onWait = (pid: number): void => onMessage(`process ${pid} fetches packages; waiting`);
  return withBuildLock(`${folder}.lock`, onWait, async () => {
    if (existsSync(root)) return root;
    onMessage('fetching Debian packages (about 35 MB, once)');
    const unfinished = `${folder}.part`;
    rmSync(unfinished, { recursive: true, force: true });
    await fetchInto(unfinished);
    renameSync(unfinished, folder);
    return root;
  });
}
