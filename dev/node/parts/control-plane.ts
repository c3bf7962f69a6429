// The control plane is the one of dev/cluster, inside the enclosure. Its ports are the same inside and on the host's
// loopback, where a door leads to each: so one address, `https://127.0.0.1:<port>`, holds on both sides.

import type { ClusterOptions, Component } from '../../cluster/cluster.ts';
import type { ClusterLayout } from '../../cluster/cluster-layout.ts';
import { nodeNetwork } from '../node-layout.ts';
import type { NodePki } from '../node-pki.ts';

/** The parts that a real node needs: all but kwok, which plays nodes. */
export const controlPlaneParts = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
] as const satisfies readonly Component[];

/** Names and addresses by which pods and the kubelet call the API server. */
export const insideHosts: readonly string[] = [
  nodeNetwork.nodeAddress,
  nodeNetwork.apiServerService,
  `kubernetes.default.svc.${nodeNetwork.clusterDomain}`,
];

/** What a control plane with a real node does otherwise than one with kwok's. Pure. */
export function nodeClusterOptions(pki: NodePki, options: ClusterOptions): ClusterOptions {
  const { nodeAddress, serviceRange, clusterPodRange } = nodeNetwork;
  const flags: Readonly<Partial<Record<Component, readonly string[]>>> = {
    'kube-apiserver': [
      '--bind-address=0.0.0.0',
      `--advertise-address=${nodeAddress}`,
      '--endpoint-reconciler-type=lease', // pods find the API server behind the Service `kubernetes`
      `--service-cluster-ip-range=${serviceRange}`,
      '--enable-admission-plugins=NodeRestriction',
      `--kubelet-client-certificate=${pki.apiServerClient.certificate}`,
      `--kubelet-client-key=${pki.apiServerClient.key}`,
      `--kubelet-certificate-authority=${pki.authority}`,
      '--kubelet-preferred-address-types=InternalIP',
    ],
    'kube-controller-manager': [
      '--allocate-node-cidrs',
      `--cluster-cidr=${clusterPodRange}`,
      `--service-cluster-ip-range=${serviceRange}`,
      // A pod's first seconds count soon: the defaults of 5 minutes and 30 seconds are for large clusters.
      '--horizontal-pod-autoscaler-cpu-initialization-period=15s',
      '--horizontal-pod-autoscaler-initial-readiness-delay=5s',
    ],
  };
  const names = [...new Set([...Object.keys(flags), ...Object.keys(options.extraFlags ?? {})])];
  const extraFlags = Object.fromEntries(
    names.map((name) => [
      name,
      [...(flags[name as Component] ?? []), ...(options.extraFlags?.[name as Component] ?? [])],
    ]),
  );
  return {
    ...options,
    components: controlPlaneParts,
    extraHosts: [...insideHosts, ...(options.extraHosts ?? [])],
    extraFlags,
  };
}

/** The ports of the control plane that get doors: what the host asks for health. etcd's data has none. Pure. */
export function doorPorts({ ports }: ClusterLayout): readonly number[] {
  return [ports.etcdMetrics, ports.apiServer, ports.controllerManager, ports.scheduler];
}
