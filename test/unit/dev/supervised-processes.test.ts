import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SupervisedProcesses } from '../../../dev/cluster/supervised-processes.ts';

/** Keeps this process from hearing of anything, as a busy machine does. */
function holdUp(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

it('tells a process that ended at once from one that never started', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dhakacart-supervised-'));
  const processes = new SupervisedProcesses(folder);
  try {
    const logPath = join(folder, 'log');
    const script = 'process.exit(3)';
    await processes.start({ name: 'first', file: 'node', args: ['-e', script], logPath });
    const second = processes.start({ name: 'second', file: 'node', args: ['-e', script], logPath });
    holdUp(1_500);
    expect(await second).toBeGreaterThan(0);
    await expect.poll(() => processes.outcomes.get('second')).toBe('exit code 3');
    await expect(
      processes.start({ name: 'third', file: '/nowhere', args: [], logPath }),
    ).rejects.toThrow('third did not start: spawn /nowhere ENOENT');
  } finally {
    await processes.stop();
  }
});
