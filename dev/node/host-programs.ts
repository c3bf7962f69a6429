import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostProbes } from '../binaries/host-probes.ts';
import { runCommand } from '../cluster/run-command.ts';

/** A new machine installs updates by itself for its first minutes, and nobody else can meanwhile. */
const lockPatienceSeconds = 300;
const lockPollMs = 500;
const installTimeoutMs = lockPatienceSeconds * 1_000 + 300_000;

/** Debian's name of the package that has each program; other systems have them under like names. */
const packageOf: Readonly<Record<string, string>> = {
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  iptables: 'iptables',
  ipset: 'ipset',
  conntrack: 'conntrack',
  ip: 'iproute2',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  mount: 'mount',
};

/** Where distributions put the CNI plugins: Debian, upstream archives, Fedora. */
const pluginFolders = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni'];
const neededPlugins = ['bridge', 'host-local', 'loopback', 'portmap'];
const pluginPackage = 'containernetworking-plugins';

/** The system's programs that a node uses. */
export interface HostPrograms {
  readonly containerd: string;
  readonly ctr: string;
  readonly runc: string;
  /** Folder. */
  readonly cniPlugins: string;
}

/** The packages whose programs are not there. */
export function missingPackages({ which, exists }: Pick<HostProbes, 'which' | 'exists'>): string[] {
  const missing = Object.entries(packageOf)
    .filter(([program]) => which(program) === undefined)
    .map(([, name]) => name);
  if (cniFolder(exists) === undefined) missing.push(pluginPackage);
  return [...new Set(missing)];
}

function cniFolder(exists: (path: string) => boolean): string | undefined {
  return pluginFolders.find((folder) => neededPlugins.every((name) => exists(join(folder, name))));
}

/** Whether we can install packages ourselves: Debian's and Ubuntu's have the names above. */
export function canInstall({ which }: Pick<HostProbes, 'which'>): boolean {
  return which('apt-get') !== undefined && existsSync('/etc/debian_version');
}

/**
 * The system's programs, installed first where they are missing and apt-get is there.
 * @throws Error with what to install, or with what apt-get said
 */
export async function ensureHostPrograms(
  host: HostProbes,
  onMessage: (line: string) => void,
): Promise<HostPrograms> {
  const missing = missingPackages(host);
  if (missing.length > 0) {
    if (!canInstall(host)) throw new Error(`install ${missing.join(', ')}: a node needs them`);
    onMessage(
      `installing ${missing.join(', ')} with apt-get, because a node needs them (after other installations, if any run)`,
    );
    await installPackages(missing);
  }
  const program = (name: string): string => host.which(name) ?? name;
  return {
    containerd: program('containerd'),
    ctr: program('ctr'),
    runc: program('runc'),
    cniPlugins: cniFolder(host.exists) ?? '',
  };
}

/**
 * Installs packages with apt-get, which takes root.
 * @throws Error with what apt-get said
 */
export async function installPackages(packages: readonly string[]): Promise<void> {
  const args = ['install', '-y', '--no-install-recommends', ...packages];
  if ((await apt(...args)).code === 0) return;
  await updateLists(); // they may be old or not there yet
  const { code, stderr } = await apt(...args);
  if (code !== 0) throw new Error(`apt-get could not install them: ${stderr.trim()}`);
}

/** apt-get waits for the lock of what is installed, but not for that of its lists. */
async function updateLists(): Promise<void> {
  const deadline = Date.now() + lockPatienceSeconds * 1_000;
  for (;;) {
    const { stderr } = await apt('update', '-qq');
    if (!stderr.includes('Could not get lock') || Date.now() > deadline) return;
    await sleep(lockPollMs);
  }
}

function apt(...args: readonly string[]): ReturnType<typeof runCommand> {
  return runCommand({
    file: 'apt-get',
    args: ['-o', `DPkg::Lock::Timeout=${lockPatienceSeconds}`, ...args],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    timeoutMs: installTimeoutMs,
  });
}
