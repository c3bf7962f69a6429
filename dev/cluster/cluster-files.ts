import { writeFileSync } from 'node:fs';
import type { ControlPlaneBinaries } from '../binaries/control-plane-binaries.ts';
import type { ClusterOptions, Component } from './cluster.ts';
import type { ClusterLayout } from './cluster-layout.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { issueFromFolder, pkiPaths, writePki } from './pki.ts';
import { readFileSync } from 'node:fs';

const SERVING_HOSTS = [
  'localhost',
  '127.0.0.1',
  '10.96.0.1', // the first address of the service range is the `kubernetes` Service
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
];

/** Who each component is. The roles behind these names ship with the API server; kwok has none. */
const COMPONENT_USERS: Readonly<Partial<Record<Component, readonly [string, ...string[]]>>> = {
  'kube-controller-manager': ['system:kube-controller-manager'],
  'kube-scheduler': ['system:kube-scheduler'],
  kwok: ['dhakacart-kwok', 'system:masters'],
};

// Everything is recorded, reads included: tests prove from this log which verbs a role needs.
const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
`;

/** Writes the keys, which every component needs from its start; returns the administrator's token. */
export function writeClusterKeys(
  layout: ClusterLayout,
  { extraHosts = [] }: Pick<ClusterOptions, 'extraHosts'>,
): { readonly adminToken: string } {
  return writePki(layout.pki, [...SERVING_HOSTS, ...extraHosts]);
}

/** Writes kubeconfigs, audit policy and kwok's rules, when the keys are there. */
export async function writeClusterFiles(
  layout: ClusterLayout,
  from: { readonly adminToken: string; readonly binaries: ControlPlaneBinaries },
): Promise<void> {
  const authority = readFileSync(pkiPaths(layout.pki).authority, 'utf8');
  const writeKubeconfig = (path: string, credentials: Parameters<typeof kubeconfigText>[2]): void =>
    writeFileSync(path, kubeconfigText(layout.server, authority, credentials), { mode: 0o600 });

  writeKubeconfig(layout.adminKubeconfig, { token: from.adminToken });
  for (const [component, names] of Object.entries(COMPONENT_USERS)) {
    const [commonName, ...organizations] = names;
    const request = { subject: { commonName, organizations }, usage: 'client' } as const;
    const path = layout.componentKubeconfig(component as Component);
    writeKubeconfig(path, issueFromFolder(layout.pki, request));
  }
  writeFileSync(layout.auditPolicy, AUDIT_POLICY);
  if (from.binaries.kwokStages !== undefined) {
    writeFileSync(layout.kwokStages, await from.binaries.kwokStages());
  }
}
