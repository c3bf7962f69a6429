// Two processes that need the same program build it once: the second waits for the first. The lock is
// a file with its owner's process id; one whose owner has died is taken over. Should two waiters take
// over at the same instant, both build, which costs time and nothing else: results are renamed into
// place whole.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const pollIntervalMs = 250;

/** Runs `action` while holding the lock file; `onWait` is called once when somebody else holds it. */
export async function withBuildLock<T>(
  lockPath: string,
  onWait: (ownerPid: number) => void,
  action: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(lockPath), { recursive: true });
  let hasTold = false;
  while (!tryLock(lockPath)) {
    const owner = lockOwner(lockPath);
    if (owner !== undefined && isProcessAlive(owner)) {
      if (!hasTold) onWait(owner);
      hasTold = true;
      await sleep(pollIntervalMs);
    } else {
      rmSync(lockPath, { force: true });
    }
  }
  try {
    return await action();
  } finally {
    rmSync(lockPath, { force: true });
  }
}

function tryLock(lockPath: string): boolean {
  try {
    writeFileSync(lockPath, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function lockOwner(lockPath: string): number | undefined {
  try {
    const pid = Number(readFileSync(lockPath, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined; // released between our two looks
  }
}

/** Whether a process with this id exists on this machine. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
