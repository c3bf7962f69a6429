import { describe, expect, it } from 'vitest';
import {
  cgroupMounts,
  controllerList,
  joinFiles,
  missingControllers,
  nodeCgroups,
} from '../../../../dev/node/cgroups.ts';

const version1 = `tmpfs /sys/fs/cgroup tmpfs rw 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0
cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,name=systemd 0 0
`;
const hybrid = `${version1}cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n`;
const version2 = 'proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw,nsdelegate 0 0\n';

describe('the cgroups of a machine', () => {
  it.each([
    ['version 1', version1, 1, ['cpu,cpuacct', 'memory', 'systemd']],
    ['version 2 beside version 1', hybrid, 1, ['cpu,cpuacct', 'memory', 'systemd', 'unified']],
  ] as const)('are %s', (_, mounts, version, names) => {
    const hierarchies = names.map((name) => `/sys/fs/cgroup/${name}`);
    expect(cgroupMounts(mounts)).toEqual({ version, hierarchies });
  });

  it('are one hierarchy in version 2', () => {
    expect(cgroupMounts(version2)).toEqual({ version: 2, hierarchies: ['/sys/fs/cgroup'] });
  });

  it('may not be there', () => {
    expect(cgroupMounts('proc /proc proc rw 0 0\n')).toBeUndefined();
    expect(cgroupMounts('cgroup2 /mnt/somewhere cgroup2 rw 0 0\n')).toBeUndefined();
  });

  it('hold the node in a cgroup of its own, its programs apart from its pods', () => {
    const mounts = { version: 2, hierarchies: ['/sys/fs/cgroup'] } as const;
    expect(nodeCgroups(mounts, 'a')).toEqual(['/sys/fs/cgroup/a']);
    expect(joinFiles(mounts, 'a')).toEqual(['/sys/fs/cgroup/a/system/cgroup.procs']);
  });
});

describe('the controllers that a kubelet needs', () => {
  const first = { version: 1, hierarchies: [] } as const;
  const second = { version: 2, hierarchies: [] } as const;

  it.each([
    [second, 'cpuset cpu io memory pids\n', []],
    [second, 'cpu pids\n', ['memory']],
    [second, '\n', ['cpu', 'memory', 'pids']],
    [
      first,
      '#subsys_name hierarchy num_cgroups enabled\ncpu 2 1 1\nmemory 3 1 1\npids 4 1 1\n',
      [],
    ],
    [first, 'cpu 2 1 1\nmemory 3 1 0\npids 4 1 1\n', ['memory']],
  ] as const)('%j: %j lacks %j', (mounts, list, missing) => {
    expect(missingControllers(mounts, list)).toEqual(missing);
  });

  it('are listed in another file in each version', () => {
    expect(controllerList(first)).toBe('/proc/cgroups');
    expect(controllerList(second)).toBe('/sys/fs/cgroup/cgroup.controllers');
  });
});
