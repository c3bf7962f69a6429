import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { enclosureScript, insideEnclosure } from '../../../../dev/node/enclosure.ts';
import { nodeLayout } from '../../../../dev/node/node-layout.ts';

const cgroups = {
  version: 1,
  hierarchies: ['/sys/fs/cgroup/cpu,cpuacct', '/sys/fs/cgroup/memory'],
} as const;
const place = { cgroups, cgroupName: 'dhakacart-node-1-a' };

describe('the script of the enclosure', () => {
  const layout = nodeLayout("/tmp/somebody's node");
  const script = enclosureScript({ ...place, layout, nodekit: '/cache/nodekit' });

  it('is one that a shell can read, whatever the folder is called', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dhakacart-test-'));
    writeFileSync(join(folder, 'script'), script);
    expect(execFileSync('sh', ['-n', join(folder, 'script')], { encoding: 'utf8' })).toBe('');
    rmSync(folder, { recursive: true });
  });

  it('parts from the mounts of the host before it mounts anything', () => {
    const lines = script.split('\n');
    const first = lines.findIndex((line) => line.startsWith('mount '));
    expect(lines[first]).toBe('mount --make-rprivate /');
  });

  it('lets files be read by others from its beginning, whatever the umask of its caller is', () => {
    expect(script).toMatch(/^set -e\numask 022\n/);
  });

  it('makes the switches of the kernel read-only, those of its own network not', () => {
    expect(script.indexOf('ro /proc/sys')).toBeLessThan(script.indexOf('rw /proc/sys/net'));
  });

  it('says that it is ready at its end, and becomes the first process', () => {
    const [ready, last] = script.trimEnd().split('\n').slice(-2);
    expect(ready).toContain('enclosure.ready');
    expect(last).toBe("exec '/cache/nodekit' pause");
  });
});

describe('a command inside of the enclosure', () => {
  it('lets others read what it writes, joins the cgroup, enters, and dies with the one that entered', () => {
    const { file, args } = insideEnclosure(place, 42, {
      file: '/bin/kubelet',
      args: ['--v=2', 'a b'],
    });
    expect(file).toBe('sh');
    expect(args.slice(2)).toEqual(['sh', '/bin/kubelet', '--v=2', 'a b']);
    expect(args[1]).toMatch(
      /^umask 022; echo 0 > '.*cpu,cpuacct\/dhakacart-node-1-a\/system\/cgroup.procs'; .*exec nsenter --target 42 .* setpriv --pdeathsig KILL -- "\$@"$/,
    );
  });
});
