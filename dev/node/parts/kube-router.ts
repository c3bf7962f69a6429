import { clusterRole } from '../addons/manifest.ts';
import type { Manifest } from '../addons/manifest.ts';
import type { NodeLayout } from '../node-layout.ts';
import { nodeName, nodeNetwork } from '../node-layout.ts';

/**
 * kube-router as the enforcer of NetworkPolicy and nothing else: routes and Services are others' work
 * (https://github.com/cloudnativelabs/kube-router/blob/master/docs/user-guide.md). Pure.
 */
export function kubeRouterFlags(layout: NodeLayout): string[] {
  return [
    '--run-firewall',
    '--run-router=false',
    '--run-service-proxy=false',
    '--run-loadbalancer=false',
    `--kubeconfig=${layout.kubeconfig('kube-router')}`,
    `--hostname-override=${nodeName}`,
    `--service-cluster-ip-range=${nodeNetwork.serviceRange}`,
    '--health-port=20244',
    '--metrics-port=0',
  ];
}

/** What it reads of the API, as its own manifests grant it. Pure. */
export function kubeRouterRole(): Manifest[] {
  const verbs = ['get', 'list', 'watch'];
  return clusterRole('kube-router', { user: 'kube-router' }, [
    { group: '', resources: ['namespaces', 'pods', 'services', 'nodes', 'endpoints'], verbs },
    { group: 'networking.k8s.io', resources: ['networkpolicies'], verbs },
    { group: 'discovery.k8s.io', resources: ['endpointslices'], verbs },
  ]);
}
