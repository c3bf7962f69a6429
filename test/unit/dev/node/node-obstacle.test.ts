import { describe, expect, it } from 'vitest';
import { obstacleIn } from '../../../../dev/node/node-obstacle.ts';
import type { NodeFacts } from '../../../../dev/node/node-obstacle.ts';

/** A machine on which a node runs. */
const able: NodeFacts = {
  platform: 'linux',
  arch: 'x64',
  uid: 0,
  status: 'Name:\tnode\nCapEff:\t000001fffeffffff\n',
  cgroups: { version: 2, hierarchies: ['/sys/fs/cgroup'] },
  controllers: 'cpuset cpu io memory pids\n',
  cgroupsWritable: true,
  missingModules: [],
  missingPackages: [],
  canInstall: false,
};

describe('what is in the way of a node', () => {
  it('is nothing on an ordinary Linux machine', () => {
    expect(obstacleIn(able)).toBeUndefined();
  });

  it('is nothing when the packages can be installed', () => {
    expect(obstacleIn({ ...able, missingPackages: ['runc'], canInstall: true })).toBeUndefined();
  });

  it.each<[Partial<NodeFacts>, string]>([
    [{ platform: 'darwin' }, 'needs Linux, and this is darwin'],
    [{ arch: 'riscv64' }, 'x64 and arm64, and this is riscv64'],
    [{ uid: 1_000 }, 'needs root'],
    [{ uid: undefined }, 'needs root'],
    [{ status: 'CapEff:\t00000000a80425fb\n' }, 'CAP_NET_ADMIN, CAP_SYS_PTRACE, CAP_SYS_ADMIN'], // Docker's
    [{ status: '' }, 'root lacks CAP_CHOWN'],
    [{ cgroups: undefined }, 'no cgroups are mounted'],
    [{ controllers: 'cpu pids\n' }, 'controllers memory are not there'],
    [{ cgroupsWritable: false }, 'read-only'],
    [{ missingModules: ['overlay', 'br_netfilter'] }, 'lacks overlay, br_netfilter'],
    [{ missingPackages: ['runc', 'ipset'] }, 'install runc, ipset'],
  ])('%j: %s', (facts, sentence) => {
    expect(obstacleIn({ ...able, ...facts })).toContain(sentence);
  });
});
