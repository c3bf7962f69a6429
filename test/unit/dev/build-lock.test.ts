import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withBuildLock } from '../../../dev/binaries/build-lock.ts';

const neverWaits = (): void => undefined;
const deadPid = 2 ** 22 + 1; // beyond the largest process id of Linux

describe('the build lock', () => {
  let folder: string;
  let lock: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dhakacart-test-'));
    lock = join(folder, 'deep', 'program.lock');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('lets one holder in at a time and tells the others whom they wait for', async () => {
    const order: string[] = [];
    const first = withBuildLock(lock, neverWaits, async () => {
      order.push('first in');
      await sleep(50);
      order.push('first out');
    });
    const waitedFor: number[] = [];
    const note = (pid: number): void => void waitedFor.push(pid);
    const second = withBuildLock(lock, note, async () => void order.push('second in'));
    await Promise.all([first, second]);
    expect(order).toEqual(['first in', 'first out', 'second in']);
    expect(waitedFor).toEqual([process.pid]);
  });

  it('is released when the work fails', async () => {
    const failing = withBuildLock(lock, neverWaits, () => Promise.reject(new Error('no space')));
    await expect(failing).rejects.toThrow('no space');
    expect(existsSync(lock)).toBe(false);
  });

  it.each([String(deadPid), '', 'not a number'])(
    'is taken over when it says "%s"',
    async (text) => {
      const path = join(folder, 'stale.lock');
      writeFileSync(path, text);
      expect(await withBuildLock(path, neverWaits, () => Promise.resolve('built'))).toBe('built');
    },
  );
});
