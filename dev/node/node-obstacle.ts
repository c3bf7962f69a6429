// Why a node of containers cannot run on this machine. Asked before anything is built or installed, so that the caller
// can offer something else.

import { spawnSync } from 'node:child_process';
import { constants, accessSync, existsSync, readFileSync } from 'node:fs';
import { realHost } from '../binaries/host-probes.ts';
import { controllerList, hostCgroups, missingControllers } from './cgroups.ts';
import type { CgroupMounts } from './cgroups.ts';
import { canInstall, missingPackages } from './host-programs.ts';

const probeTimeoutMs = 10_000;

/** Numbers of capabilities(7), in include/uapi/linux/capability.h. */
const neededCapabilities: Readonly<Record<string, number>> = {
  CAP_CHOWN: 0,
  CAP_DAC_OVERRIDE: 1,
  CAP_SETUID: 7,
  CAP_NET_ADMIN: 12,
  CAP_SYS_CHROOT: 18,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_MKNOD: 27,
};

/** What the decision is made from. */
export interface NodeFacts {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly uid: number | undefined;
  /** Text of /proc/self/status. */
  readonly status: string;
  readonly cgroups: CgroupMounts | undefined;
  /** Text of the file that lists the cgroup controllers. */
  readonly controllers: string;
  readonly cgroupsWritable: boolean;
  /** Kernel modules that are neither there nor loadable. */
  readonly missingModules: readonly string[];
  readonly missingPackages: readonly string[];
  readonly canInstall: boolean;
}

/** One sentence that says what is in the way, or undefined: asked of this machine. */
export function nodeObstacle(): string | undefined {
  if (process.platform !== 'linux')
    return obstacleIn({ ...emptyFacts, platform: process.platform });
  const facts = hostFacts();
  const obstacle = obstacleIn(facts);
  if (obstacle !== undefined || facts.missingPackages.length > 0) return obstacle;
  return kernelObstacle();
}

/** The decision. Pure. */
export function obstacleIn(facts: NodeFacts): string | undefined {
  if (facts.platform !== 'linux') {
    return `a node of containers needs Linux, and this is ${facts.platform}`;
  }
  if (facts.arch !== 'x64' && facts.arch !== 'arm64') {
    return `a node of containers is built for x64 and arm64, and this is ${facts.arch}`;
  }
  if (facts.uid !== 0) return 'a node of containers needs root, for namespaces and mounts';
  const capabilities = missingCapabilities(facts.status);
  if (capabilities.length > 0) {
    return `root lacks ${capabilities.join(', ')} here, as in a container without privileges`;
  }
  return cgroupObstacle(facts) ?? moduleObstacle(facts) ?? packageObstacle(facts);
}

function missingCapabilities(status: string): string[] {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return Object.entries(neededCapabilities)
    .filter(([, bit]) => ((effective >> BigInt(bit)) & 1n) === 0n)
    .map(([name]) => name);
}

function cgroupObstacle({ cgroups, controllers, cgroupsWritable }: NodeFacts): string | undefined {
  if (cgroups === undefined) return 'no cgroups are mounted at /sys/fs/cgroup';
  const missing = missingControllers(cgroups, controllers);
  if (missing.length > 0) return `the cgroup controllers ${missing.join(', ')} are not there`;
  return cgroupsWritable ? undefined : '/sys/fs/cgroup is read-only, as in a container';
}

function moduleObstacle({ missingModules }: NodeFacts): string | undefined {
  if (missingModules.length === 0) return undefined;
  return `the kernel lacks ${missingModules.join(', ')}, and no such module can be loaded`;
}

function packageObstacle({
  missingPackages: missing,
  canInstall: can,
}: NodeFacts): string | undefined {
  return missing.length === 0 || can ? undefined : `install ${missing.join(', ')}`;
}

const emptyFacts: NodeFacts = {
  platform: 'linux',
  arch: process.arch,
  uid: undefined,
  status: '',
  cgroups: undefined,
  controllers: '',
  cgroupsWritable: false,
  missingModules: [],
  missingPackages: [],
  canInstall: false,
};

function hostFacts(): NodeFacts {
  const host = realHost();
  const cgroups = hostCgroups();
  return {
    platform: process.platform,
    arch: process.arch,
    uid: process.getuid?.(),
    status: readFileSync('/proc/self/status', 'utf8'),
    cgroups,
    controllers: cgroups === undefined ? '' : readFileSync(controllerList(cgroups), 'utf8'),
    cgroupsWritable: cgroups?.hierarchies.every(isWritable) ?? false,
    missingModules: kernelModules.filter((module) => !hasModule(module)).map(({ name }) => name),
    missingPackages: missingPackages(host),
    canInstall: canInstall(host),
  };
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false; // root is refused by a read-only mount only
  }
}

/** A kernel feature that may come as a module. */
export interface KernelModule {
  readonly name: string;
  readonly isThere: () => boolean;
}

/** The features that nothing loads by itself. */
export const kernelModules: readonly KernelModule[] = [
  {
    name: 'overlay',
    isThere: () => readFileSync('/proc/filesystems', 'utf8').includes('\toverlay\n'),
  },
  { name: 'br_netfilter', isThere: () => existsSync('/proc/sys/net/bridge') },
];

function hasModule({ name, isThere }: KernelModule): boolean {
  return isThere() || spawnSync('modprobe', ['--dry-run', '--quiet', name]).status === 0;
}

/** Tries, in a network of their own that ends with them, what kube-proxy, kube-router and the pods' network do. */
const kernelProbes: Readonly<Record<string, string>> = {
  'network bridges': 'ip link add probe0 type bridge',
  'pairs of network devices (veth)': 'ip link add probe1 type veth peer name probe2',
  'address sets (ip_set)': 'ipset create probe hash:ip',
  'iptables filters': 'iptables -w -A FORWARD -m comment --comment probe -j REJECT',
  'iptables translation (nat)': 'iptables -w -t nat -A POSTROUTING -j MASQUERADE',
  'iptables matches on sets (xt_set)':
    'iptables -w -A FORWARD -m set --match-set probe src -j ACCEPT',
  'iptables matches on connections (conntrack, mark, addrtype, statistic)':
    'iptables -w -A FORWARD -m conntrack --ctstate NEW -m mark --mark 1 -m addrtype --src-type LOCAL -m statistic --mode random --probability 0.5 -j ACCEPT',
};

function kernelObstacle(): string | undefined {
  const lines = Object.entries(kernelProbes).map(
    ([name, command]) => `${command} >/dev/null 2>&1 || { echo '${name}'; exit 1; }`,
  );
  const script = ['mount -t tmpfs tmpfs /run 2>/dev/null', ...lines].join('\n');
  const { status, stdout, error } = spawnSync(
    'unshare',
    ['--mount', '--net', '--pid', '--uts', '--ipc', '--fork', 'sh', '-c', script],
    { encoding: 'utf8', timeout: probeTimeoutMs },
  );
  if (status === 0) return undefined;
  const missing = stdout?.trim();
  if (missing !== undefined && missing !== '') return `the kernel lacks ${missing}`;
  return `namespaces cannot be made here: ${error?.message ?? 'unshare was refused'}`;
}
