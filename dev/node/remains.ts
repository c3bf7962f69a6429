// What would remain of a node that nobody could tidy up after: its folder and its cgroups. Both are called after the
// process that started it, so a later start can tell that it is gone.

import { lstatSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { existsSync } from 'node:fs';
import { isProcessAlive } from '../binaries/build-lock.ts';
import { hostCgroups, nodeCgroups, removeCgroups } from './cgroups.ts';
import type { NodePlan } from './node-plan.ts';

const prefix = 'dhakacart-node-';
const cgroupPatienceMs = 5_000;

/** The beginning of a node's folder's name. */
export function nodeFolderPrefix(): string {
  return `${prefix}${process.pid}-`;
}

/** Removes the cgroups of an ended node, once the kernel has given them up. */
export async function removeRemains({ cgroups, cgroupName }: NodePlan): Promise<void> {
  const folders = nodeCgroups(cgroups, cgroupName);
  const deadline = Date.now() + cgroupPatienceMs;
  for (;;) {
    removeCgroups(folders);
    if (!folders.some((folder) => existsSync(folder)) || Date.now() > deadline) return;
    await sleep(50);
  }
}

/** Removes what nodes left behind of which every process was killed at once. */
export function sweepRemains(): void {
  sweepFolders(tmpdir());
  const cgroups = hostCgroups();
  for (const hierarchy of cgroups?.hierarchies ?? []) {
    removeCgroups(remainsIn(hierarchy).map((name) => join(hierarchy, name)));
  }
}

/** Removes the folders of such nodes. Anybody may make one of that name where everybody may write: it must be ours. */
export function sweepFolders(parent: string): void {
  for (const name of remainsIn(parent)) {
    const folder = join(parent, name);
    if (isOurs(folder) && !isEnclosureAlive(folder))
      rmSync(folder, { recursive: true, force: true });
  }
}

function remainsIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => {
    const pid = /^dhakacart-node-(\d+)-/.exec(name)?.[1];
    return pid !== undefined && !isProcessAlive(Number(pid));
  });
}

function isOurs(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false }); // another start may sweep too
  return found?.isDirectory() === true && found.uid === process.getuid?.();
}

function isEnclosureAlive(folder: string): boolean {
  try {
    return isProcessAlive(Number(readFileSync(join(folder, 'init.pid'), 'utf8')));
  } catch {
    return false;
  }
}
