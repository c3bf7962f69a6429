import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { SupervisedProcesses } from '../../../dev/cluster/supervised-processes.ts';

afterEach(() => vi.unstubAllEnvs());

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

it('gives no process the HTTP proxies of the machine, and everything else', async () => {
  for (const name of ['http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY']) {
    vi.stubEnv(name, 'http://127.0.0.1:9');
  }
  vi.stubEnv('NO_PROXY', 'localhost');
  const folder = mkdtempSync(join(tmpdir(), 'dhakacart-supervised-'));
  const processes = new SupervisedProcesses(folder);
  try {
    const logPath = join(folder, 'log');
    const script = 'console.log(JSON.stringify(process.env))';
    await processes.start({ name: 'any', file: 'node', args: ['-e', script], logPath });
    await expect.poll(() => processes.outcomes.get('any')).toBe('exit code 0');
    const env = JSON.parse(readFileSync(logPath, 'utf8')) as Record<string, string>;
    expect(Object.keys(env).filter((name) => /^(https?|all)_proxy$/i.test(name))).toEqual([]);
    expect(env).toMatchObject({ NO_PROXY: 'localhost', PATH: process.env['PATH'] });
  } finally {
    await processes.stop();
  }
});
