// Objects for the tests of the node.

import { probeImage } from '../../support/real-node.ts';

type Manifest = Readonly<Record<string, unknown>>;

/** What every container of the tests is held to, as the containers of a store are. */
const restricted: Manifest = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

function podSpec(container: Manifest): Manifest {
  return {
    terminationGracePeriodSeconds: 1,
    automountServiceAccountToken: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 10_001,
      fsGroup: 10_001,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [{ name: 'probe', image: probeImage, securityContext: restricted, ...container }],
  };
}

/** A pod that answers on some ports, those below 1024 too. */
export function listener(
  metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  },
  ports: readonly number[],
): Manifest {
  const spec = podSpec({ command: ['/probe', 'listen', ...ports.map(String)] });
  const sysctls = [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }];
  const securityContext = { ...(spec['securityContext'] as Manifest), sysctls };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...spec, securityContext } };
}

/** A web server with its Service; both are called `name`. */
export function webServer(name: string, replicas = 1): Manifest[] {
  const labels = { app: name };
  const spec = podSpec({
    ports: [{ name: 'http', containerPort: 8_080 }],
    resources: { requests: { cpu: '50m', memory: '16Mi' }, limits: { cpu: '500m' } },
    readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
  });
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
    },
  ];
}

/** Lets nobody in but pods with the label `friend`. */
export function friendsOnly(app: string): Manifest {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'friends-only' },
    spec: {
      podSelector: { matchLabels: { app } },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: { matchLabels: { friend: 'yes' } } }] }],
    },
  };
}

/** Scales the Deployment `name` at half of the requested processor time. */
export function autoscaler(name: string): Manifest {
  const cpu = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } };
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: 1,
      maxReplicas: 3,
      metrics: [{ type: 'Resource', resource: cpu }],
    },
  };
}

/** A pod with a claim of its own that writes `text` to it. */
export function writer(name: string, text: string): Manifest {
  const labels = { app: name };
  const spec = podSpec({
    command: ['/probe', 'serve'],
    lifecycle: { postStart: { exec: { command: ['/probe', 'write', '/data/file', text] } } },
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  });
  const claim = {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name },
    spec: {
      serviceName: name,
      replicas: 1,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' },
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec },
      volumeClaimTemplates: [claim],
    },
  };
}

/** An Ingress with TLS in front of the Service `name`. */
export function ingress(name: string, host: string): Manifest {
  const backend = { service: { name, port: { name: 'http' } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name },
    spec: {
      ingressClassName: 'traefik',
      tls: [{ hosts: [host], secretName: `${name}-tls` }],
      rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}

/** The Secret that the Ingress names. */
export function tlsSecret(name: string, pair: { certificate: string; key: string }): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name: `${name}-tls` },
    stringData: { 'tls.crt': pair.certificate, 'tls.key': pair.key },
  };
}
