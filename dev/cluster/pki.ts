import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyPair } from '../../operator/x509/certificate.ts';
import { createAuthority, createSigningKey, issueCertificate } from './certificate.ts';
import type { Authority, LeafRequest } from './certificate.ts';

const CLUSTER_AUTHORITY = 'dhakacart-dev-ca';
const FRONT_PROXY_AUTHORITY = 'dhakacart-dev-front-proxy-ca';
const ETCD_AUTHORITY = 'dhakacart-dev-etcd-ca';
const PRIVATE_MODE = 0o600;

/** The common name under which the API server lets a proxy name the user in request headers. */
export const FRONT_PROXY_CLIENT = 'front-proxy-client';

/** Paths of a cluster's keys and certificates inside its folder. Pure. */
export function pkiPaths(folder: string): Readonly<Record<PkiFile, string>> {
  return {
    authority: join(folder, 'ca.crt'),
    authorityKey: join(folder, 'ca.key'),
    serving: join(folder, 'serving.crt'),
    servingKey: join(folder, 'serving.key'),
    frontProxyAuthority: join(folder, 'front-proxy-ca.crt'),
    frontProxyClient: join(folder, 'front-proxy-client.crt'),
    frontProxyClientKey: join(folder, 'front-proxy-client.key'),
    etcdAuthority: join(folder, 'etcd-ca.crt'),
    etcdServing: join(folder, 'etcd.crt'),
    etcdServingKey: join(folder, 'etcd.key'),
    etcdClient: join(folder, 'etcd-client.crt'),
    etcdClientKey: join(folder, 'etcd-client.key'),
    serviceAccountKey: join(folder, 'sa.key'),
    serviceAccountPublicKey: join(folder, 'sa.pub'),
    tokens: join(folder, 'tokens.csv'),
  };
}

type PkiFile =
  | 'authority'
  | 'authorityKey'
  | 'serving'
  | 'servingKey'
  | 'frontProxyAuthority'
  | 'frontProxyClient'
  | 'frontProxyClientKey'
  | 'etcdAuthority'
  | 'etcdServing'
  | 'etcdServingKey'
  | 'etcdClient'
  | 'etcdClientKey'
  | 'serviceAccountKey'
  | 'serviceAccountPublicKey'
  | 'tokens';

/**
 * Writes everything a control plane needs to trust itself and its clients into `folder`, and returns
 * the administrator's bearer token. `hosts` are the names and addresses of the serving certificate.
 */
export function writePki(
  folder: string,
  hosts: readonly string[],
): { readonly adminToken: string } {
  mkdirSync(folder, { recursive: true });
  const paths = pkiPaths(folder);
  const authority = createAuthority(CLUSTER_AUTHORITY);
  writePair(authority, paths.authority, paths.authorityKey);
  const subject = { commonName: 'kube-apiserver' };
  const serving = issueCertificate(authority, { subject, usage: 'server', hosts });
  writePair(serving, paths.serving, paths.servingKey);

  const frontProxy = createAuthority(FRONT_PROXY_AUTHORITY);
  writeFileSync(paths.frontProxyAuthority, frontProxy.certificate);
  const proxyClient = issueCertificate(frontProxy, {
    subject: { commonName: FRONT_PROXY_CLIENT },
    usage: 'client',
  });
  writePair(proxyClient, paths.frontProxyClient, paths.frontProxyClientKey);
  writeEtcdPki(paths);

  const signing = createSigningKey();
  writePrivate(paths.serviceAccountKey, signing.privateKey);
  writeFileSync(paths.serviceAccountPublicKey, signing.publicKey);
  const adminToken = randomBytes(24).toString('base64url');
  writePrivate(paths.tokens, `${adminToken},dhakacart-admin,dhakacart-admin,"system:masters"\n`);
  return { adminToken };
}

/**
 * etcd takes every client of its authority for its administrator, so it has one of its own: the cluster's certifies
 * people and pods too. Its key is thrown away.
 */
function writeEtcdPki(paths: ReturnType<typeof pkiPaths>): void {
  const authority = createAuthority(ETCD_AUTHORITY);
  writeFileSync(paths.etcdAuthority, authority.certificate);
  const subject = { commonName: 'etcd' };
  const server = { subject, usage: 'server', hosts: ['127.0.0.1'] } as const;
  writePair(issueCertificate(authority, server), paths.etcdServing, paths.etcdServingKey);
  const client = { subject: { commonName: 'kube-apiserver' }, usage: 'client' } as const;
  writePair(issueCertificate(authority, client), paths.etcdClient, paths.etcdClientKey);
}

/** A key pair certified by the cluster's own authority, whose files lie in `folder`. */
export function issueFromFolder(folder: string, request: LeafRequest): KeyPair {
  const paths = pkiPaths(folder);
  const authority: Authority = {
    subject: { commonName: CLUSTER_AUTHORITY },
    certificate: readFileSync(paths.authority, 'utf8'),
    key: readFileSync(paths.authorityKey, 'utf8'),
  };
  return issueCertificate(authority, request);
}

function writePair(pair: KeyPair, certificatePath: string, keyPath: string): void {
  writeFileSync(certificatePath, pair.certificate);
  writePrivate(keyPath, pair.key);
}

function writePrivate(path: string, content: string): void {
  writeFileSync(path, content, { mode: PRIVATE_MODE });
}
