import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isProcessAlive } from '../../../dev/binaries/build-lock.ts';
import { startCluster } from '../../../dev/cluster/start-cluster.ts';

const fewParts = { components: [], nodes: 0 } as const;
const withinSeconds = { timeout: 5_000, interval: 100 };

function parentOf(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }));
}

describe('the life of a cluster', () => {
  it('ends with the process that started it, even when that is killed', async () => {
    const script = fileURLToPath(new URL('cluster-in-a-child.ts', import.meta.url));
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const child = spawn(process.execPath, [script], { stdio: [...stdio] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { pids, folder } = JSON.parse(line.toString()) as { pids: number[]; folder: string };
    expect(pids).toHaveLength(5);
    expect(pids.every(isProcessAlive)).toBe(true);
    expect(existsSync(folder)).toBe(true);
    child.kill('SIGKILL');
    await expect.poll(() => pids.filter(isProcessAlive), withinSeconds).toEqual([]);
    await expect.poll(() => existsSync(folder), withinSeconds).toBe(false);
  });

  it('ends when its supervisor is killed', async () => {
    const cluster = await startCluster(fewParts);
    const pids = Object.values(cluster.pids);
    expect(pids).toHaveLength(2);
    process.kill(parentOf(pids[0] ?? 0), 'SIGKILL');
    await expect.poll(() => pids.filter(isProcessAlive), withinSeconds).toEqual([]);
    const folder = dirname(cluster.kubeconfigPath);
    await expect.poll(() => existsSync(folder), withinSeconds).toBe(false);
    await cluster.stop();
  });

  it('leaves nothing behind when it is stopped', async () => {
    const cluster = await startCluster(fewParts);
    const pids = Object.values(cluster.pids);
    await cluster.stop();
    expect(pids.filter(isProcessAlive)).toEqual([]);
    expect(existsSync(dirname(cluster.kubeconfigPath))).toBe(false);
  });

  it('does not begin with a wrong flag, and the error shows what the component said', async () => {
    const extraFlags = { 'kube-apiserver': ['--no-such-flag'] };
    await expect(startCluster({ ...fewParts, extraFlags })).rejects.toThrow(
      /kube-apiserver failed \(exit code 1\)[^]*unknown flag: --no-such-flag/,
    );
  });

  it('does not begin on a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(startCluster({ ...fewParts, port })).rejects.toThrow('address already in use');
    server.close();
  });
});

describe('the parts of a cluster', () => {
  it('come back with the same data after they have been killed', async () => {
    const cluster = await startCluster({ ...fewParts, components: ['kube-scheduler'] });
    try {
      await cluster.kubectl(['create', 'configmap', 'kept', '--from-literal=a=b']);
      for (const component of ['kube-apiserver', 'etcd', 'kube-scheduler'] as const) {
        const before = cluster.pids[component];
        await cluster.restart(component, { downMs: 100 });
        expect(cluster.pids[component]).not.toBe(before);
      }
      const read = ['get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}'];
      expect(await cluster.kubectl(read)).toMatchObject({ code: 0, stdout: 'b' });
      await cluster.stopComponent('kube-apiserver');
      expect((await cluster.kubectl(read)).stderr).toContain('connection');
      await cluster.startComponent('kube-apiserver');
      expect((await cluster.kubectl(read)).code).toBe(0);
    } finally {
      await cluster.stop();
    }
  });
});
