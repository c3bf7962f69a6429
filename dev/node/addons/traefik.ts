import { nodeNetwork } from '../node-layout.ts';
import { nodeImages } from '../node-images.ts';
import { clusterRole, restricted, serviceAccount } from './manifest.ts';
import type { Manifest } from './manifest.ts';

const name = 'traefik';
const labels = { 'app.kubernetes.io/name': name };

/** Where Traefik runs: a NetworkPolicy that lets an ingress controller in can name it. */
export const ingressNamespace = 'ingress';

/**
 * Traefik as the Ingress controller behind the node's ports 80 and 443, with what its own documentation grants it
 * (https://doc.traefik.io/traefik/reference/install-configuration/providers/kubernetes/kubernetes-ingress/). Pure.
 */
export function traefikObjects(): Manifest[] {
  const grantee = { serviceAccount: name, namespace: ingressNamespace };
  const watch = ['get', 'list', 'watch'];
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ingressNamespace } },
    serviceAccount(name, ingressNamespace),
    ...clusterRole(name, grantee, [
      { group: '', resources: ['services', 'secrets', 'nodes', 'configmaps'], verbs: watch },
      { group: 'discovery.k8s.io', resources: ['endpointslices'], verbs: ['list', 'watch'] },
      { group: 'networking.k8s.io', resources: ['ingresses', 'ingressclasses'], verbs: watch },
      { group: 'networking.k8s.io', resources: ['ingresses/status'], verbs: ['update'] },
    ]),
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name, annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
      spec: { controller: 'traefik.io/ingress-controller' },
    },
    deployment(),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: ingressNamespace, labels },
      spec: {
        externalIPs: [nodeNetwork.nodeAddress], // kube-proxy makes the node's own ports of it
        selector: labels,
        ports: [
          { name: 'web', port: 80, targetPort: 'web' },
          { name: 'websecure', port: 443, targetPort: 'websecure' },
        ],
      },
    },
  ];
}

function deployment(): Manifest {
  const container = {
    name,
    image: nodeImages.traefik,
    args: [
      '--global.checknewversion=false',
      '--global.sendanonymoususage=false',
      '--entrypoints.web.address=:8000',
      '--entrypoints.web.http.redirections.entrypoint.to=:443',
      '--entrypoints.web.http.redirections.entrypoint.scheme=https',
      '--entrypoints.websecure.address=:8443',
      '--entrypoints.websecure.http.tls=true', // an Ingress without a `tls` entry is not found otherwise
      '--entrypoints.ping.address=:9000',
      '--ping=true',
      '--ping.entrypoint=ping',
      '--providers.kubernetesingress=true',
      `--providers.kubernetesingress.ingressendpoint.ip=${nodeNetwork.nodeAddress}`,
      '--log.level=INFO',
    ],
    ports: [
      { name: 'web', containerPort: 8_000 },
      { name: 'websecure', containerPort: 8_443 },
    ],
    securityContext: restricted,
    readinessProbe: { httpGet: { path: '/ping', port: 9_000 }, periodSeconds: 1 },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: ingressNamespace, labels },
    spec: {
      strategy: { type: 'Recreate' },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { serviceAccountName: name, containers: [container] },
      },
    },
  };
}
