import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubeconfigText } from '../cluster/kubeconfig.ts';
import type { ClusterLayout } from '../cluster/cluster-layout.ts';
import type { LeafRequest } from '../cluster/certificate.ts';
import { issueFromFolder, pkiPaths } from '../cluster/pki.ts';
import { nodeName, nodeNetwork } from './node-layout.ts';
import type { NodeLayout } from './node-layout.ts';

/** Paths of one certificate and its key. */
export interface PairPaths {
  readonly certificate: string;
  readonly key: string;
}

/** Paths of the certificates that a node has beside those of its control plane. */
export interface NodePki {
  readonly authority: string;
  /** With which the API server calls the kubelet: for logs, exec and port-forward. */
  readonly apiServerClient: PairPaths;
  /** Which the kubelet serves. */
  readonly kubeletServer: PairPaths;
}

/**
 * Who the node's programs are, for the API server. The kubelet's name and group make the node authorizer let it read
 * what its pods need (https://kubernetes.io/docs/reference/access-authn-authz/node/); kube-router gets its role with
 * its manifest.
 */
const clients: Readonly<Record<string, LeafRequest['subject']>> = {
  kubelet: { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'] },
  'kube-proxy': { commonName: 'system:kube-proxy' },
  'kube-router': { commonName: 'kube-router' },
};

/** Where the certificates will be. Pure. */
export function nodePki(pkiFolder: string): NodePki {
  const pair = (name: string): PairPaths => ({
    certificate: join(pkiFolder, `${name}.crt`),
    key: join(pkiFolder, `${name}.key`),
  });
  return {
    authority: pkiPaths(pkiFolder).authority,
    apiServerClient: pair('apiserver-kubelet-client'),
    kubeletServer: pair('kubelet-server'),
  };
}

/** Issues them, and writes a kubeconfig for each of the node's programs. The control plane's authority exists already. */
export function writeNodePki(layout: NodeLayout, cluster: ClusterLayout): void {
  const pki = nodePki(cluster.pki);
  writePair(cluster.pki, pki.apiServerClient, {
    // The role system:kubelet-api-admin ships with the API server, but is bound to nobody.
    subject: { commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'] },
    usage: 'client',
  });
  writePair(cluster.pki, pki.kubeletServer, {
    subject: { commonName: nodeName },
    usage: 'server',
    hosts: [nodeName, nodeNetwork.nodeAddress],
  });
  const authority = readFileSync(pki.authority, 'utf8');
  for (const [part, subject] of Object.entries(clients)) {
    const pair = issueFromFolder(cluster.pki, { subject, usage: 'client' });
    const text = kubeconfigText(cluster.server, authority, pair);
    writeFileSync(layout.kubeconfig(part), text, { mode: 0o600 });
  }
}

function writePair(pkiFolder: string, paths: PairPaths, request: LeafRequest): void {
  const { certificate, key } = issueFromFolder(pkiFolder, request);
  writeFileSync(paths.certificate, certificate);
  writeFileSync(paths.key, key, { mode: 0o600 });
}
