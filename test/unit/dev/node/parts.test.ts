import { describe, expect, it } from 'vitest';
import { clusterLayout } from '../../../../dev/cluster/cluster-layout.ts';
import { nodeLayout } from '../../../../dev/node/node-layout.ts';
import { nodePki } from '../../../../dev/node/node-pki.ts';
import { containerdConfig, containerdMajor } from '../../../../dev/node/parts/containerd.ts';
import { doorPorts, nodeClusterOptions } from '../../../../dev/node/parts/control-plane.ts';
import { kubeletConfig } from '../../../../dev/node/parts/kubelet.ts';

const layout = nodeLayout('/node');
const pki = nodePki('/node/pki');

describe('containerd', () => {
  it.each([
    ['containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3', 1],
    ['containerd github.com/containerd/containerd v1.7.28 b98a3aace656', 1],
    ['containerd github.com/containerd/containerd/v2 2.1.4 75cb2b7193e4', 2],
    ['containerd github.com/containerd/containerd/v2 v2.4.2 abc', 2],
    ['nonsense', 1],
  ])('"%s" has the major version %i', (line, major) => {
    expect(containerdMajor(line)).toBe(major);
  });

  it.each([1, 2])(
    'is configured in the form of version %i, with nothing outside of the node',
    (major) => {
      const facts = {
        major,
        runc: '/sbin/runc',
        cniPlugins: '/cni',
        pauseImage: 'localhost/pause:1',
      };
      const text = containerdConfig(layout, facts);
      expect(text).toContain(`version = ${major + 1}\n`);
      expect(text.split('localhost/pause:1')).toHaveLength(2);
      const paths = [...text.matchAll(/"(\/[^"]*)"/g)].map(([, path = '']) => path);
      const others = paths.filter((path) => !path.startsWith('/node/'));
      expect(others.toSorted()).toEqual(['/cni', '/run/containerd', '/sbin/runc']);
    },
  );
});

describe('the kubelet', () => {
  const config = (cgroupVersion: 1 | 2): Record<string, unknown> =>
    JSON.parse(kubeletConfig({ layout, pki, cgroupName: 'a', cgroupVersion })) as Record<
      string,
      unknown
    >;

  it('accepts version 1 of cgroups only where it must', () => {
    expect(config(1)).toMatchObject({ failCgroupV1: false, cgroupRoot: '/a' });
    expect(config(2)).not.toHaveProperty('failCgroupV1');
  });
});

describe('the control plane of a node', () => {
  it('leaves out the player of nodes, and lets the flags of the caller win', () => {
    const extraFlags = { 'kube-apiserver': ['--v=4'], 'kube-scheduler': ['--v=5'] };
    const options = nodeClusterOptions(pki, { extraFlags });
    expect(options.components).not.toContain('kwok');
    expect(options.extraFlags?.['kube-apiserver']?.at(-1)).toBe('--v=4');
    expect(options.extraFlags?.['kube-scheduler']).toEqual(['--v=5']);
    expect(options.extraFlags?.['kube-controller-manager']).toContain('--allocate-node-cidrs');
  });

  it("has no door on the host's loopback to the data of etcd", () => {
    const [etcdClient, etcdPeer, etcdMetrics] = [1, 2, 3];
    const others = { apiServer: 4, controllerManager: 5, scheduler: 6 };
    const ports = { etcdClient, etcdPeer, etcdMetrics, ...others };
    expect(doorPorts(clusterLayout('/node', ports))).toEqual([3, 4, 5, 6]);
  });
});
