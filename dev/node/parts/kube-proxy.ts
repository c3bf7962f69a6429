import type { NodeLayout } from '../node-layout.ts';
import { nodeName, nodeNetwork } from '../node-layout.ts';

/** kube-proxy's flags. Pure. */
export function kubeProxyFlags(layout: NodeLayout): string[] {
  return [`--config=${layout.kubeProxyConfig}`, `--hostname-override=${nodeName}`];
}

/**
 * Its configuration (https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/), as JSON. The zeros of
 * conntrack leave the kernel's limits, which are the host's, as they are. Pure.
 */
export function kubeProxyConfig(layout: NodeLayout): string {
  return JSON.stringify({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: layout.kubeconfig('kube-proxy') },
    mode: 'iptables', // kube-router's rules hook into the same tables
    clusterCIDR: nodeNetwork.clusterPodRange,
    bindAddress: nodeNetwork.nodeAddress,
    healthzBindAddress: '127.0.0.1:10256',
    metricsBindAddress: '127.0.0.1:10249',
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    iptables: { minSyncPeriod: '0s' },
  });
}
