import { nodeNetwork } from '../node-layout.ts';
import { nodeImages } from '../node-images.ts';
import { clusterRole, restricted, serviceAccount } from './manifest.ts';
import type { Manifest } from './manifest.ts';

const name = 'coredns';
const namespace = 'kube-system';
const labels = { 'k8s-app': 'kube-dns' };

/** Names outside the cluster are refused at once: there is no way to anybody who knows them. */
const corefile = `.:53 {
  errors
  health :8085
  ready :8181
  kubernetes ${nodeNetwork.clusterDomain} in-addr.arpa ip6.arpa {
    pods insecure
    ttl 5
  }
  cache 5
  reload
}
`;

/** CoreDNS as the cluster's DNS, with what its own deployment grants it (https://github.com/coredns/deployment). Pure. */
export function corednsObjects(): Manifest[] {
  const grantee = { serviceAccount: name, namespace };
  const verbs = ['list', 'watch'];
  return [
    serviceAccount(name, namespace),
    ...clusterRole('system:coredns', grantee, [
      { group: '', resources: ['services', 'pods', 'namespaces'], verbs },
      { group: 'discovery.k8s.io', resources: ['endpointslices'], verbs },
    ]),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace },
      data: { Corefile: corefile },
    },
    deployment(),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kube-dns', namespace, labels },
      spec: {
        clusterIP: nodeNetwork.dnsService,
        selector: labels,
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP' },
          { name: 'dns-tcp', port: 53, protocol: 'TCP' },
        ],
      },
    },
  ];
}

function deployment(): Manifest {
  const container = {
    name,
    image: nodeImages.coredns,
    args: ['-conf', '/etc/coredns/Corefile'],
    ports: [
      { name: 'dns', containerPort: 53, protocol: 'UDP' },
      { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
    ],
    securityContext: restricted,
    readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 1 },
    volumeMounts: [{ name: 'config', mountPath: '/etc/coredns' }],
  };
  const spec = {
    serviceAccountName: name,
    priorityClassName: 'system-cluster-critical',
    dnsPolicy: 'Default',
    // containerd 1.6 does not let a pod without capabilities listen on port 53 otherwise.
    securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] },
    containers: [container],
    volumes: [{ name: 'config', configMap: { name } }],
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}
