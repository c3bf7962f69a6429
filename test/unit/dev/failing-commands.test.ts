import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const node = `${root}node_modules/.bin/node`;
/** Root without capabilities cannot run a node; others, and other systems, cannot anyway. */
const powerless = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-all', node] : [node];

it.each([
  ['dev/cluster.ts', [node], ['--nodes', 'many'], 'cluster: --nodes: "many" is not a whole number'],
  ['dev/node.ts', powerless, [], 'node: '],
])('%s ends with 1 when it cannot begin', async (script, runner, args, words) => {
  const [file = '', ...rest] = [...runner, `${root}${script}`, ...args];
  const child = spawn(file, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => void child.kill());
  const exited = once(child, 'exit');
  expect([await text(child.stderr), (await exited)[0]]).toEqual([
    expect.stringContaining(words),
    1,
  ]);
});
