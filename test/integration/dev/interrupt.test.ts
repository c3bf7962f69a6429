import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';

const bootstrap = fileURLToPath(new URL('../../../dev/bootstrap.mjs', import.meta.url));
const startTimeoutMs = 90_000;

async function outputUntil(child: ChildProcess, mark: string): Promise<string> {
  let output = '';
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    output += chunk.toString('utf8');
    if (output.includes(mark)) return output;
  }
  throw new Error(`ended without "${mark}": ${output}`);
}

it(
  'ends the demo in order when a whole process group is interrupted, without a terminal',
  async () => {
    const child = spawn('node', [bootstrap, 'demo', '--played'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true, // a process group of its own, as a shell makes one
    });
    const exited = once(child, 'exit');
    const output = await outputUntil(child, 'Ctrl-C ends everything');
    const logFile = /Log: (\S+)/.exec(output)?.[1] ?? '';
    const kubeconfig = /KUBECONFIG=(\S+)/.exec(output)?.[1] ?? '';
    expect([logFile, kubeconfig].map(existsSync)).toEqual([true, true]);

    // npm, too, passes on the signal that its children already have: it comes more than once.
    process.kill(-(child.pid ?? 0), 'SIGINT');
    child.kill('SIGINT');

    expect(await exited).toEqual([0, null]);
    expect([logFile, kubeconfig].map((path) => existsSync(dirname(path)))).toEqual([false, false]);
  },
  startTimeoutMs,
);

it(
  'leaves nothing in the temporary folder when the demo is interrupted while it starts',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dhakacart-interrupted-'));
    try {
      const child = spawn('node', [bootstrap, 'demo', '--played'], {
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { ...process.env, TMPDIR: folder },
      });
      const exited = once(child, 'exit');
      await outputUntil(child, 'operator started');
      expect(readdirSync(folder)).not.toEqual([]);
      child.kill('SIGINT');
      expect(await exited).toEqual([1, null]);
      await eventually(() => expect(readdirSync(folder)).toEqual([])); // the cluster ends a moment later
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  startTimeoutMs,
);
