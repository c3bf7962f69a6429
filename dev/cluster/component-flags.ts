// The flags of every component. Measured and explained in the project's notes on the control plane:
// an in-memory feeling (no fsync), no leader election (there is one of each), high request rates
// (the default 20 per second of the controller manager would be the first bottleneck of any test).

import type { ClusterOptions, Component } from './cluster.ts';
import type { ClusterLayout } from './cluster-layout.ts';
import { FRONT_PROXY_CLIENT, pkiPaths } from './pki.ts';

const SERVICE_IP_RANGE = '10.96.0.0/16';
const POD_IP_RANGE = '10.244.0.0/16';
const WORKERS = 20;

/** The flags of `component`, the caller's own last. Pure. */
export function componentFlags(
  component: Component,
  layout: ClusterLayout,
  options: ClusterOptions,
): string[] {
  return [...builders[component](layout, options), ...(options.extraFlags?.[component] ?? [])];
}

type FlagBuilder = (layout: ClusterLayout, options: ClusterOptions) => readonly string[];

const builders: Readonly<Record<Component, FlagBuilder>> = {
  etcd: etcdFlags,
  'kube-apiserver': apiServerFlags,
  'kube-controller-manager': controllerManagerFlags,
  'kube-scheduler': schedulerFlags,
  kwok: kwokFlags,
};

// Whoever may ask etcd has every right in the cluster, and the loopback is open to every user of the machine.
function etcdFlags({ ports, etcdData, pki }: ClusterLayout): string[] {
  const client = `https://127.0.0.1:${ports.etcdClient}`;
  const peer = `https://127.0.0.1:${ports.etcdPeer}`;
  const { etcdServing, etcdServingKey, etcdAuthority } = pkiPaths(pki);
  return [
    `--data-dir=${etcdData}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    ...['', 'peer-'].flatMap((side) => [
      `--${side}cert-file=${etcdServing}`,
      `--${side}key-file=${etcdServingKey}`,
      `--${side}client-cert-auth`,
      `--${side}trusted-ca-file=${etcdAuthority}`,
    ]),
    `--listen-metrics-urls=http://127.0.0.1:${ports.etcdMetrics}`, // and health, without any data
    '--enable-grpc-gateway=false', // it would call etcd with the certificate of the server
    '--unsafe-no-fsync',
    '--quota-backend-bytes=8589934592',
    '--log-level=warn',
  ];
}

function apiServerFlags(layout: ClusterLayout, options: ClusterOptions): string[] {
  const pki = pkiPaths(layout.pki);
  return [
    `--etcd-servers=https://127.0.0.1:${layout.ports.etcdClient}`,
    `--etcd-cafile=${pki.etcdAuthority}`,
    `--etcd-certfile=${pki.etcdClient}`,
    `--etcd-keyfile=${pki.etcdClientKey}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${layout.ports.apiServer}`,
    `--tls-cert-file=${pki.serving}`,
    `--tls-private-key-file=${pki.servingKey}`,
    `--client-ca-file=${pki.authority}`,
    `--token-auth-file=${pki.tokens}`,
    '--authorization-mode=Node,RBAC',
    `--service-account-key-file=${pki.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${pki.serviceAccountKey}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-cluster-ip-range=${SERVICE_IP_RANGE}`,
    '--allow-privileged',
    '--endpoint-reconciler-type=none',
    ...frontProxyFlags(pki),
    ...(options.auditLog === false ? [] : auditFlags(layout)),
  ];
}

// Needed for aggregated APIs (such as a metrics API of a test) and for a proxy that names the user;
// without the authority the controller manager and the scheduler log an error every few seconds.
function frontProxyFlags(pki: ReturnType<typeof pkiPaths>): string[] {
  return [
    `--requestheader-client-ca-file=${pki.frontProxyAuthority}`,
    `--requestheader-allowed-names=${FRONT_PROXY_CLIENT}`,
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${pki.frontProxyClient}`,
    `--proxy-client-key-file=${pki.frontProxyClientKey}`,
  ];
}

function auditFlags({ auditPolicy, auditLog }: ClusterLayout): string[] {
  return [
    `--audit-policy-file=${auditPolicy}`,
    `--audit-log-path=${auditLog}`,
    '--audit-log-maxsize=10240', // never rotated within a test run: readers follow one file
  ];
}

function controllerManagerFlags(layout: ClusterLayout, options: ClusterOptions): string[] {
  const pki = pkiPaths(layout.pki);
  return [
    ...clientFlags('kube-controller-manager', layout, options),
    `--secure-port=${layout.ports.controllerManager}`,
    '--controllers=*',
    '--use-service-account-credentials', // each controller under its own narrow role, as in real clusters
    `--root-ca-file=${pki.authority}`,
    `--service-account-private-key-file=${pki.serviceAccountKey}`,
    `--cluster-signing-cert-file=${pki.authority}`,
    `--cluster-signing-key-file=${pki.authorityKey}`,
    `--cluster-cidr=${POD_IP_RANGE}`,
    `--service-cluster-ip-range=${SERVICE_IP_RANGE}`,
    `--horizontal-pod-autoscaler-sync-period=${options.hpaSyncPeriodSeconds ?? 2}s`,
    ...['deployment', 'replicaset', 'statefulset', 'job', 'namespace', 'service-endpoint']
      .concat(['endpoint', 'gc', 'resource-quota', 'serviceaccount-token', 'ttl-after-finished'])
      .map((controller) => `--concurrent-${controller}-syncs=${WORKERS}`),
  ];
}

function schedulerFlags(layout: ClusterLayout, options: ClusterOptions): string[] {
  return [
    ...clientFlags('kube-scheduler', layout, options),
    `--secure-port=${layout.ports.scheduler}`,
  ];
}

function clientFlags(
  component: Component,
  layout: ClusterLayout,
  options: ClusterOptions,
): string[] {
  const pki = pkiPaths(layout.pki);
  const kubeconfig = layout.componentKubeconfig(component);
  const qps = options.controllerQps ?? 1_000;
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    `--kube-api-qps=${qps}`,
    `--kube-api-burst=${qps * 2}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--tls-cert-file=${pki.serving}`,
    `--tls-private-key-file=${pki.servingKey}`,
  ];
}

function kwokFlags(layout: ClusterLayout): string[] {
  return [
    `--kubeconfig=${layout.componentKubeconfig('kwok')}`,
    `--config=${layout.kwokStages}`,
    '--manage-all-nodes=true',
    `--cidr=${POD_IP_RANGE}`,
    '--node-ip=127.0.0.1',
    '--v=WARN',
  ];
}
