import { join } from 'node:path';
import type { Component } from './cluster.ts';

/** The ports of one cluster, all on 127.0.0.1. */
export interface ClusterPorts {
  readonly etcdClient: number;
  readonly etcdPeer: number;
  /** Of its health and its metrics. */
  readonly etcdMetrics: number;
  readonly apiServer: number;
  readonly controllerManager: number;
  readonly scheduler: number;
}

/** Where everything of one cluster is. */
export interface ClusterLayout {
  readonly ports: ClusterPorts;
  readonly server: string;
  readonly pki: string;
  readonly identities: string;
  readonly etcdData: string;
  readonly adminKubeconfig: string;
  readonly auditPolicy: string;
  readonly auditLog: string;
  readonly kwokStages: string;
  readonly componentKubeconfig: (component: Component) => string;
  readonly log: (component: Component) => string;
}

/** The layout of a cluster in `folder`. Pure. */
export function clusterLayout(folder: string, ports: ClusterPorts): ClusterLayout {
  return {
    ports,
    server: `https://127.0.0.1:${ports.apiServer}`,
    pki: join(folder, 'pki'),
    identities: join(folder, 'identities'),
    etcdData: join(folder, 'etcd'),
    adminKubeconfig: join(folder, 'kubeconfig'),
    auditPolicy: join(folder, 'audit-policy.yaml'),
    auditLog: join(folder, 'audit.log'),
    kwokStages: join(folder, 'kwok-stages.yaml'),
    componentKubeconfig: (component) => join(folder, `${component}.kubeconfig`),
    log: (component) => join(folder, `${component}.log`),
  };
}
