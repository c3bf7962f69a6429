import { join } from 'node:path';

/**
 * Addresses inside the enclosure, out of the range for tests between networks, which nothing routes
 * (RFC 2544, 198.18.0.0/15). Every node has the same ones: each has a network of its own.
 */
export const nodeNetwork = {
  nodeAddress: '198.18.0.1',
  nodePrefix: 24,
  /** Nobody has it: what leaves the node goes nowhere instead of failing to be routed. */
  gateway: '198.18.0.254',
  clusterPodRange: '198.18.64.0/20',
  /** The first and only node gets the first part of the range. */
  nodePodRange: '198.18.64.0/24',
  serviceRange: '198.18.128.0/24',
  apiServerService: '198.18.128.1',
  dnsService: '198.18.128.10',
  clusterDomain: 'cluster.local',
} as const;

/** Name of the Node object and the host name inside the enclosure. */
export const nodeName = 'node-1';

/** Where everything of one node is. */
export interface NodeLayout {
  readonly folder: string;
  /** Written by `nodekit keep`: the process id, on the host, of the enclosure's first process. */
  readonly initPid: string;
  /** Appears when the enclosure is furnished. */
  readonly enclosureReady: string;
  readonly enclosureScript: string;
  readonly containerdRoot: string;
  readonly containerdConfig: string;
  readonly containerdSocket: string;
  readonly kubeletRoot: string;
  readonly kubeletConfig: string;
  readonly kubeProxyConfig: string;
  readonly cniConfigs: string;
  readonly podAddresses: string;
  readonly resolvConf: string;
  readonly varLog: string;
  readonly varLib: string;
  readonly volumes: string;
  readonly doorOrders: string;
  readonly kubeconfig: (part: string) => string;
  readonly log: (part: string) => string;
}

/** The layout of a node in `folder`; the files of its control plane lie beside it (`clusterLayout`). Pure. */
export function nodeLayout(folder: string): NodeLayout {
  return {
    folder,
    initPid: join(folder, 'init.pid'),
    enclosureReady: join(folder, 'enclosure.ready'),
    enclosureScript: join(folder, 'enclosure.sh'),
    containerdRoot: join(folder, 'containerd'),
    containerdConfig: join(folder, 'containerd.toml'),
    containerdSocket: join(folder, 'containerd.sock'),
    kubeletRoot: join(folder, 'kubelet'),
    kubeletConfig: join(folder, 'kubelet.yaml'),
    kubeProxyConfig: join(folder, 'kube-proxy.yaml'),
    cniConfigs: join(folder, 'cni'),
    podAddresses: join(folder, 'pod-addresses'),
    resolvConf: join(folder, 'resolv.conf'),
    varLog: join(folder, 'var-log'),
    varLib: join(folder, 'var-lib'),
    volumes: join(folder, 'volumes'),
    doorOrders: join(folder, 'doors.sock'),
    kubeconfig: (part) => join(folder, `${part}.kubeconfig`),
    log: (part) => join(folder, `${part}.log`),
  };
}
