// The node's processes and pods live below one cgroup of their own: in version 1 in each hierarchy, in
// version 2 in the one there is (https://docs.kernel.org/admin-guide/cgroup-v2.html). Nothing else of the
// host's cgroups is touched; in version 2 the controllers must be given to children of the root already,
// as systemd does, or are given by the kubelet.

import { mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Which version, and where its hierarchies are mounted. */
export interface CgroupMounts {
  readonly version: 1 | 2;
  readonly hierarchies: readonly string[];
}

const cgroupRoot = '/sys/fs/cgroup';
const neededControllers = ['cpu', 'memory', 'pids'] as const;

/**
 * Reads /proc/self/mounts: version 2 when it alone is mounted at /sys/fs/cgroup, else the hierarchies of version 1. A
 * version 2 beside them has no controllers, but runc makes cgroups there too, so it counts as one of them. Pure.
 */
export function cgroupMounts(mounts: string): CgroupMounts | undefined {
  const all = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .map(([, folder = '', type = '']) => ({ folder, type }))
    .filter(({ folder, type }) => /^cgroup2?$/.test(type) && folder.startsWith(cgroupRoot));
  if (all.some(({ folder, type }) => type === 'cgroup2' && folder === cgroupRoot)) {
    return { version: 2, hierarchies: [cgroupRoot] };
  }
  const hierarchies = [...new Set(all.map(({ folder }) => folder))];
  return hierarchies.length === 0 ? undefined : { version: 1, hierarchies };
}

/** The mounts of this machine. */
export function hostCgroups(): CgroupMounts | undefined {
  return cgroupMounts(readFileSync('/proc/self/mounts', 'utf8'));
}

/** The controllers a kubelet cannot do without and this machine does not offer, by the text of the file that lists them. */
export function missingControllers({ version }: CgroupMounts, list: string): string[] {
  const offered =
    version === 2
      ? list.trim().split(/\s+/)
      : list
          .split('\n')
          .map((line) => line.split(/\s+/))
          .filter(([, , , enabled]) => enabled === '1')
          .map(([name = '']) => name);
  return neededControllers.filter((name) => !offered.includes(name));
}

/** The file that lists the controllers. Pure. */
export function controllerList({ version }: CgroupMounts): string {
  return version === 2 ? join(cgroupRoot, 'cgroup.controllers') : '/proc/cgroups';
}

/** The node's cgroup in every hierarchy. Pure. */
export function nodeCgroups({ hierarchies }: CgroupMounts, name: string): string[] {
  return hierarchies.map((folder) => join(folder, name));
}

/** The files through which a process joins the part for the node's own programs: pods have theirs beside it. Pure. */
export function joinFiles(mounts: CgroupMounts, name: string): string[] {
  return nodeCgroups(mounts, name).map((folder) => join(folder, systemPart, 'cgroup.procs'));
}

const systemPart = 'system';

/** Makes the node's cgroups. */
export function createCgroups(mounts: CgroupMounts, name: string): void {
  for (const hierarchy of mounts.hierarchies) {
    const folder = join(hierarchy, name);
    mkdirSync(join(folder, systemPart), { recursive: true });
    if (mounts.version === 1 && isCpuset(hierarchy))
      copyCpuset(hierarchy, [folder, join(folder, systemPart)]);
  }
}

function isCpuset(hierarchy: string): boolean {
  return readdirSync(hierarchy).includes('cpuset.cpus');
}

/** A new cpuset of version 1 is empty, and nothing can join an empty one (cpuset(7)). */
function copyCpuset(from: string, folders: readonly string[]): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const value = readFileSync(join(from, file), 'utf8');
    for (const folder of folders) writeFileSync(join(folder, file), value);
  }
}

/** Removes cgroups with all below them, as far as no process is in them any more. */
export function removeCgroups(folders: readonly string[]): void {
  for (const folder of folders) removeTree(folder);
}

function removeTree(folder: string): void {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) removeTree(join(folder, entry.name));
    }
    rmdirSync(folder);
  } catch {
    // gone already, or still in use
  }
}
