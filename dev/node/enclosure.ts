// The enclosure: process, mount, network, host name and IPC namespaces of the node's own. `nodekit keep`
// makes them and runs the script below as their first process; the script furnishes them and becomes
// `nodekit pause`. When that ends, the kernel ends every process, mount and network device in them.

import type { CgroupMounts } from './cgroups.ts';
import { joinFiles } from './cgroups.ts';
import { nodeName, nodeNetwork } from './node-layout.ts';
import type { NodeLayout } from './node-layout.ts';

/** What the enclosure is made of. */
export interface EnclosureParts {
  readonly layout: NodeLayout;
  readonly nodekit: string;
  readonly cgroups: CgroupMounts;
  readonly cgroupName: string;
}

/**
 * What the kubelet wants of the host's kernel and would set itself (k8s.io/component-helpers/node/util/sysctl,
 * pkg/kubelet/cm/container_manager_linux.go): it is shown these values and changes nothing.
 */
const kubeletTunables: Readonly<Record<string, string>> = {
  'vm/overcommit_memory': '1',
  'vm/panic_on_oom': '0',
  'kernel/panic': '10',
  'kernel/panic_on_oops': '1',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/keys/root_maxbytes': '25000000',
};

/**
 * Switches of the node's own network. Bridged packets must meet iptables, or NetworkPolicy and Services do not hold
 * between pods of one node; containerd 1.6 cannot give a non-root pod port 53 otherwise.
 */
const networkSwitches: Readonly<Record<string, string>> = {
  'ipv4/ip_forward': '1',
  'ipv4/conf/all/route_localnet': '1',
  'ipv4/ip_unprivileged_port_start': '0',
  'bridge/bridge-nf-call-iptables': '1',
};

/**
 * containerd makes the root folder of a container, into which the container's user must get, as the umask lets it: under
 * 077 or 027, which some machines have, no such user could start anything.
 */
const openUmask = 'umask 022';

/** The text of the script. Pure. */
export function enclosureScript(parts: EnclosureParts): string {
  const { layout, nodekit } = parts;
  return [
    'set -e',
    openUmask,
    ...joinFiles(parts.cgroups, parts.cgroupName).map((file) => `echo 0 > ${quoted(file)}`),
    'mount --make-rprivate /',
    ...processLines(layout),
    ...deviceLines(layout),
    ...folderLines(layout),
    'mount --make-rshared /', // volumes that the kubelet mounts must be seen by containerd and the pods
    ...networkLines(),
    `hostname ${nodeName}`,
    `echo ready > ${quoted(layout.enclosureReady)}`,
    `exec ${quoted(nodekit)} pause`,
    '',
  ].join('\n');
}

/** A /proc of the namespace, in which only the switches of the own network can be changed. */
function processLines({ folder }: NodeLayout): string[] {
  const covers = Object.entries(kubeletTunables).flatMap(([path, value]) => {
    const cover = quoted(`${folder}/sysctl-${path.replaceAll('/', '-')}`);
    return [`echo ${value} > ${cover}`, `mount --bind ${cover} /proc/sys/${path}`];
  });
  return [
    'mount -t proc proc /proc',
    'mount --bind /proc/sys /proc/sys',
    'mount -o remount,bind,ro /proc/sys',
    'mount --bind /proc/sys/net /proc/sys/net',
    'mount -o remount,bind,rw /proc/sys/net',
    ...covers,
  ];
}

/** A /sys that shows the own network's devices and cannot be written, but for the cgroups. */
function deviceLines({ folder }: NodeLayout): string[] {
  const aside = quoted(`${folder}/cgroup-aside`);
  return [
    `mkdir ${aside}`,
    `mount --rbind /sys/fs/cgroup ${aside}`,
    'mount -t sysfs sysfs /sys',
    'mount -o remount,bind,ro /sys',
    `mount --rbind ${aside} /sys/fs/cgroup`,
    `umount -l ${aside}`,
  ];
}

/** Folders of the host that the node's programs write to are covered by its own. */
function folderLines({ folder, varLog, varLib }: NodeLayout): string[] {
  const upper = `lowerdir=/var/lib,upperdir=${varLib},workdir=${folder}/var-lib-work`;
  return [
    'mount -t tmpfs tmpfs /run',
    `mkdir -p /run/netns ${quoted(varLog)} ${quoted(varLib)} ${quoted(`${folder}/var-lib-work`)}`,
    `mount --bind ${quoted(varLog)} /var/log`, // the kubelet makes /var/log/containers
    `mount -t overlay overlay -o ${quoted(upper)} /var/lib`, // CNI keeps results in /var/lib/cni
  ];
}

/** A bridge that is up because a pair of devices hangs on it, with the node's address; no way out. */
function networkLines(): string[] {
  const { nodeAddress, nodePrefix, gateway } = nodeNetwork;
  return [
    'ip link set lo up',
    'ip link add node0 type bridge',
    `ip address add ${nodeAddress}/${nodePrefix} dev node0`,
    'ip link set node0 up',
    'ip link add uplink0 type veth peer name uplink1',
    'ip link set uplink1 master node0',
    'ip link set uplink0 up',
    'ip link set uplink1 up',
    `ip route add default via ${gateway} dev node0`,
    ...Object.entries(networkSwitches).map(
      ([path, value]) => `echo ${value} > /proc/sys/net/${path}`,
    ),
  ];
}

/** A program with its arguments. */
export interface CommandLine {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * The command that runs `command` inside the enclosure, in the node's cgroup; the process dies with the one that entered
 * for it, which is the host's. Pure.
 */
export function insideEnclosure(
  { cgroups, cgroupName }: Pick<EnclosureParts, 'cgroups' | 'cgroupName'>,
  initPid: number,
  { file, args }: CommandLine,
): CommandLine {
  const join = joinFiles(cgroups, cgroupName).map((path) => `echo 0 > ${quoted(path)}; `);
  const enter = `exec nsenter --target ${initPid} --pid --mount --net --uts --ipc --wd=/`;
  const script = `${openUmask}; ${join.join('')}${enter} -- setpriv --pdeathsig KILL -- "$@"`;
  return { file: 'sh', args: ['-c', script, 'sh', file, ...args] };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
