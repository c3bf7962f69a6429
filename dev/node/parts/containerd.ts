import type { NodeLayout } from '../node-layout.ts';

/** What containerd needs to know beside its folders. */
export interface ContainerdFacts {
  /** The first number of its version: the form of its configuration differs. */
  readonly major: number;
  readonly runc: string;
  /** Folder of the CNI plugins. */
  readonly cniPlugins: string;
  /** Name of the imported image of the sandboxes' first process. */
  readonly pauseImage: string;
}

/**
 * The configuration (https://github.com/containerd/containerd/blob/main/docs/cri/config.md).
 *
 * - cgroups by file system, as the kubelet: there is no systemd in the enclosure.
 * - `restrict_oom_score_adj`: without CAP_SYS_RESOURCE no score can be lowered, and runc ends with "can't get final
 *   child's PID from pipe: EOF".
 * - no AppArmor: its profile would be loaded into the host's kernel.
 * - the folder for optional programs defaults to /opt/containerd, which is the host's. Pure.
 */
export function containerdConfig(layout: NodeLayout, facts: ContainerdFacts): string {
  return facts.major >= 2 ? secondForm(layout, facts) : firstForm(layout, facts);
}

function head(layout: NodeLayout, version: number): string {
  return `version = ${version}
root = "${layout.containerdRoot}"
state = "/run/containerd"
[grpc]
  address = "${layout.containerdSocket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${layout.containerdRoot}/opt"
`;
}

function firstForm(layout: NodeLayout, { runc, cniPlugins, pauseImage }: ContainerdFacts): string {
  return `${head(layout, 2)}[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
        BinaryName = "${runc}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cniPlugins}"
    conf_dir = "${layout.cniConfigs}"
`;
}

function secondForm(layout: NodeLayout, { runc, cniPlugins, pauseImage }: ContainerdFacts): string {
  return `${head(layout, 3)}[plugins."io.containerd.nri.v1.nri"]
  disable = true
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "${pauseImage}"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
      SystemdCgroup = false
      BinaryName = "${runc}"
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["${cniPlugins}"]
    conf_dir = "${layout.cniConfigs}"
`;
}

/** The first number in what `containerd --version` prints, such as 1 for `containerd github.com/… 1.6.20~ds1`. Pure. */
export function containerdMajor(versionLine: string): number {
  return Number(/\sv?(\d+)\.\d+/.exec(versionLine)?.[1] ?? 1);
}
