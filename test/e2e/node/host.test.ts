import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { isProcessAlive } from '../../../dev/binaries/build-lock.ts';
import { sweepRemains } from '../../../dev/node/remains.ts';
import { startNode } from '../../../dev/node/start-node.ts';
import { eventually } from '../../support/eventually.ts';
import { describeNode, hostState } from '../../support/real-node.ts';

interface Child {
  readonly pid: number;
  readonly node: { readonly pids: Readonly<Record<string, number>>; readonly folder: string };
}

async function nodeInAChild(): Promise<Child> {
  const script = fileURLToPath(new URL('node-in-a-child.ts', import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { pid: child.pid ?? 0, node: JSON.parse(line.toString()) as Child['node'] };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone already
  }
}

/** A process is there until its parent, which may be the first process of the host, has taken note of its end. */
function areGone(pids: readonly number[]): Promise<void> {
  return eventually(() => expect(pids.filter(isProcessAlive)).toEqual([]));
}

/** All processes below one, as far as they are its descendants now. */
function descendants(pid: number): number[] {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
  const parents = new Map(
    table
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]),
  );
  const isBelow = (other: number): boolean => {
    for (let above = parents.get(other); above !== undefined; above = parents.get(above)) {
      if (above === pid) return true;
    }
    return false;
  };
  return [...parents.keys()].filter(isBelow);
}

describeNode('the host of a node', () => {
  let before: Record<string, string>;

  const isAsBefore = (): Promise<void> =>
    eventually(() => expect(hostState()).toEqual(before), { timeoutMs: 20_000 });

  beforeAll(() => {
    sweepRemains();
    before = hostState();
  });

  it('is as before when two nodes have run at once and are stopped', async () => {
    const nodes = await Promise.all([startNode({ addons: [] }), startNode({ addons: [] })]);
    const names = await Promise.all(
      nodes.map(async (node, index) => {
        await node.kubectl(['create', 'namespace', `only-${index}`]);
        return (await node.kubectl(['get', 'namespaces', '-o', 'name'])).stdout;
      }),
    );
    expect(names[0]).toContain('only-0');
    expect(names[0]).not.toContain('only-1');
    const pids = nodes.flatMap((node) => Object.values(node.pids));
    expect(new Set(pids).size).toBe(20);
    const during = hostState();
    const lasting = ['sysctls', 'rules', 'sets', 'mounts', 'links', 'routes', 'systemFolders'];
    for (const part of lasting) expect(during[part], part).toBe(before[part]);
    await Promise.all(nodes.map((node) => node.stop()));
    await areGone(pids);
    await isAsBefore();
  });

  it('is as before when the process that started a node is killed', async () => {
    const { pid, node } = await nodeInAChild();
    kill(pid);
    await isAsBefore();
    await areGone(Object.values(node.pids));
  });

  it('is as before when that process and the supervisor are killed', async () => {
    const { pid, node } = await nodeInAChild();
    const [supervisor = 0] = descendants(pid);
    for (const victim of [pid, supervisor]) kill(victim);
    await isAsBefore();
    await areGone(Object.values(node.pids));
  });

  it('has no process left when everything is killed at once, and the next start tidies up', async () => {
    const { pid, node } = await nodeInAChild();
    const victims = [pid, ...descendants(pid)];
    expect(victims.length).toBeGreaterThan(15);
    for (const victim of victims) kill(victim); // the next ones may be gone before their turn
    await areGone([...victims, ...Object.values(node.pids)]);
    await eventually(() => {
      sweepRemains();
      expect(hostState()).toEqual(before);
    });
  });
});
