// The only importer of @kubernetes/client-node: it finds the cluster and its credentials (kubeconfig, in-cluster,
// exec and OIDC plugins) and nothing else. Its clients, watch and informer are not used; docs/adr/0002 says why.
import { createHash } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from './clock.ts';

export type { KubeConfig } from '@kubernetes/client-node';

/** TLS material of one connection, as Node's `tls.connect` takes it. */
export interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** What one request needs to be let in. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
  /** Changes when a connection made with the old material must not be used any more. */
  readonly tlsFingerprint: string;
}

/** A cluster, and the right to talk to it. */
export interface ClusterAccess {
  /** Base URL without a trailing slash. */
  readonly server: string;
  readonly kubeConfig: KubeConfig;
  /** Reads rotated files again every few seconds. */
  credentials(): Promise<Credentials>;
  /** Makes the next call read everything again; for a request that was answered 401. */
  forget(): void;
}

/**
 * Loads a kubeconfig: the file named, or else KUBECONFIG, ~/.kube/config, and the ServiceAccount of the pod, in this order.
 * @throws Error that says what to do when there is no usable cluster
 */
export function loadKubeConfig(file: string | undefined): KubeConfig {
  const config = new KubeConfig();
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (cause) {
    const what = file ?? process.env['KUBECONFIG'] ?? 'the default kubeconfig';
    throw new Error(`cannot read ${what}: set --kubeconfig or KUBECONFIG to a readable file`, {
      cause,
    });
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new Error(
      'no cluster: set --kubeconfig or KUBECONFIG, or run in a pod with a ServiceAccount',
    );
  }
  if (!URL.canParse(cluster.server)) {
    throw new Error(
      `cluster ${cluster.name}: server "${cluster.server}" is not a URL such as https://10.0.0.1:6443: mend the kubeconfig`,
    );
  }
  return config;
}

// Long enough to keep file reads off the hot path, short enough for any rotation (kubelet renews tokens at 80 % of their life).
const credentialsLifeMs = 5_000;

function basicAuthorization(auth: string): string {
  return `Basic ${Buffer.from(auth).toString('base64')}`;
}

function fingerprint(tls: TlsMaterial): string {
  const hash = createHash('sha256');
  for (const part of [tls.ca, tls.cert, tls.key, tls.servername])
    hash.update(part ?? '').update('\0');
  return hash.update(String(tls.rejectUnauthorized)).digest('hex');
}

async function readCredentials(config: KubeConfig): Promise<Credentials> {
  const options: RequestOptions & { servername?: string } = {};
  await config.applyToHTTPSOptions(options);
  const headers = Object.fromEntries(
    Object.entries(options.headers ?? {}).map(([name, value]) => [name, String(value)]),
  );
  if (options.auth) headers['Authorization'] = basicAuthorization(options.auth);
  const tls = Object.fromEntries(
    Object.entries({
      ca: options.ca,
      cert: options.cert,
      key: options.key,
      servername: options.servername,
      rejectUnauthorized: options.rejectUnauthorized,
    }).filter(([, value]) => value !== undefined),
  ) as TlsMaterial;
  return { headers, tls, tlsFingerprint: fingerprint(tls) };
}

/** The same kubeconfig without what plugins have answered: a token that has no end is kept for as long as its KubeConfig. */
function unanswered({ clusters, users, contexts, currentContext }: KubeConfig): KubeConfig {
  const config = new KubeConfig();
  config.loadFromOptions({ clusters, users, contexts, currentContext });
  return config;
}

/** Access to the current context of a kubeconfig. */
export function clusterAccess(config: KubeConfig, clock: Clock): ClusterAccess {
  let source = config;
  let cached: { readonly until: number; readonly value: Promise<Credentials> } | undefined;
  return {
    server: config.getCurrentCluster()?.server.replace(/\/+$/, '') ?? '',
    kubeConfig: config,
    credentials() {
      const now = clock.monotonic();
      if (cached === undefined || now >= cached.until) {
        const value = readCredentials(source);
        cached = { until: now + credentialsLifeMs, value };
        value.catch(() => {
          cached = undefined;
        });
      }
      return cached.value;
    },
    forget() {
      source = unanswered(source);
      cached = undefined;
    },
  };
}
