import { nodeImages } from '../node-images.ts';
import {
  clusterRole,
  clusterRoleBinding,
  restricted,
  roleBinding,
  serviceAccount,
} from './manifest.ts';
import type { Manifest } from './manifest.ts';

const name = 'metrics-server';
const namespace = 'kube-system';
const labels = { 'k8s-app': name };
const grantee = { serviceAccount: name, namespace };

/**
 * metrics-server, for `kubectl top` and HorizontalPodAutoscalers, with what its own release grants it
 * (https://github.com/kubernetes-sigs/metrics-server). It asks every 10 seconds instead of 60, so autoscalers act
 * soon; a request to the kubelet must then time out earlier, or the program ends. Pure.
 */
export function metricsServerObjects(): Manifest[] {
  return [
    serviceAccount(name, namespace),
    ...clusterRole('system:metrics-server', grantee, [
      { group: '', resources: ['nodes/metrics'], verbs: ['get'] },
      { group: '', resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] },
    ]),
    clusterRoleBinding('metrics-server:system:auth-delegator', 'system:auth-delegator', grantee),
    roleBinding(
      { name: 'metrics-server-auth-reader', namespace },
      'extension-apiserver-authentication-reader',
      grantee,
    ),
    deployment(),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace, labels },
      spec: { selector: labels, ports: [{ name: 'https', port: 443, targetPort: 'https' }] },
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.metrics.k8s.io' },
      spec: {
        service: { name, namespace },
        group: 'metrics.k8s.io',
        version: 'v1beta1',
        insecureSkipTLSVerify: true, // its certificate is made when it starts, as in its own release
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    },
  ];
}

function deployment(): Manifest {
  const container = {
    name,
    image: nodeImages['metrics-server'],
    args: [
      '--cert-dir=/tmp',
      '--secure-port=10250',
      '--kubelet-preferred-address-types=InternalIP',
      '--kubelet-certificate-authority=/authority/ca.crt',
      '--metric-resolution=10s',
      '--kubelet-request-timeout=5s',
    ],
    ports: [{ name: 'https', containerPort: 10_250 }],
    securityContext: restricted,
    readinessProbe: {
      httpGet: { path: '/readyz', port: 'https', scheme: 'HTTPS' },
      periodSeconds: 1,
    },
    volumeMounts: [
      { name: 'certificates', mountPath: '/tmp' },
      { name: 'authority', mountPath: '/authority' },
    ],
  };
  const spec = {
    serviceAccountName: name,
    priorityClassName: 'system-cluster-critical',
    containers: [container],
    volumes: [
      { name: 'certificates', emptyDir: {} },
      { name: 'authority', configMap: { name: 'kube-root-ca.crt' } },
    ],
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}
