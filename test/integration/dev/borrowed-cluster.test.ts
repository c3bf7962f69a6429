import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, expect, inject, it, vi } from 'vitest';
import { borrowedCluster } from '../../../dev/cluster/borrowed-cluster.ts';
import { sharedCluster } from '../../support/cluster.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

it('takes credentials it has made for a lent cluster away when it is stopped', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dhakacart-lent-'));
  try {
    const lent = join(folder, 'kubeconfig');
    await copyFile(sharedCluster().kubeconfigPath, lent);
    // kubectl of a lent cluster comes from PATH; the one binary is kubectl when it is called so.
    await symlink(inject('cluster').kubectl.file, join(folder, 'kubectl'));
    vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH'] ?? ''}`);

    const cluster = await borrowedCluster(lent);
    const identity = { serviceAccount: { namespace: 'default', name: 'default' } };
    const kubeconfig = await cluster.kubeconfigFor(identity);
    expect((await cluster.kubectl(['auth', 'whoami'], { kubeconfig })).code).toBe(0);
    await cluster.stop();

    expect(existsSync(dirname(kubeconfig))).toBe(false);
    expect((await readdir(folder)).toSorted()).toEqual(['kubeconfig', 'kubectl']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
