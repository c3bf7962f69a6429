// A raw client for the API server: one request, status and body, no retries, nothing typed. Tests use it where kubectl
// is too slow or too helpful, and where our own transport must not judge itself.
import { readFileSync } from 'node:fs';
import { Pool } from 'undici';
import { parse } from 'yaml';

const requestTimeoutMs = 30_000;
const maxConnections = 16;

/** What the API server answered. The body is JSON where the server sent JSON, else text. */
export interface ApiResponse {
  readonly status: number;
  // Tests look into all kinds of objects.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

/** Options of one request. */
export interface ApiRequestOptions {
  readonly body?: unknown;
  /** Default `application/json`; patches need their own. */
  readonly contentType?: string;
  /** Default `application/json`. */
  readonly accept?: string;
}

/** A client bound to one kubeconfig. */
export interface ApiClient {
  /** Resolves whatever the status is; rejects when the server cannot be reached. */
  request(method: string, path: string, options?: ApiRequestOptions): Promise<ApiResponse>;
  close(): Promise<void>;
}

interface Kubeconfig {
  readonly 'current-context': string;
  readonly clusters: readonly { readonly name: string; readonly cluster: Entry }[];
  readonly users: readonly { readonly name: string; readonly user: Entry }[];
  readonly contexts: readonly {
    readonly name: string;
    readonly context: { readonly cluster: string; readonly user: string };
  }[];
}
type Entry = Readonly<Record<string, string>>;

/** A client with the current context of a kubeconfig: token or client certificate, inline or as files. */
export function apiClient(kubeconfigPath: string): ApiClient {
  const { server = '', user, ...connect } = access(kubeconfigPath);
  const pool = new Pool(server, { connections: maxConnections, connect });
  return {
    request: async (method, path, options = {}) => {
      const { body, contentType = 'application/json', accept = 'application/json' } = options;
      const response = await pool.request({
        method,
        path,
        headers: {
          accept,
          ...(body === undefined ? {} : { 'content-type': contentType }),
          ...(user['token'] === undefined ? {} : { authorization: `Bearer ${user['token']}` }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        headersTimeout: requestTimeoutMs,
        bodyTimeout: requestTimeoutMs,
      });
      const text = await response.body.text();
      return { status: response.statusCode, body: jsonOrText(text) };
    },
    close: () => pool.close(),
  };
}

function access(kubeconfigPath: string) {
  const config = parse(readFileSync(kubeconfigPath, 'utf8')) as Kubeconfig;
  const context = named(config.contexts, config['current-context']).context;
  const { cluster } = named(config.clusters, context.cluster);
  const { user } = named(config.users, context.user);
  return {
    server: cluster['server'],
    user,
    ca: material(cluster, 'certificate-authority'),
    cert: material(user, 'client-certificate'),
    key: material(user, 'client-key'),
  };
}

function named<T extends { readonly name: string }>(entries: readonly T[], name: string): T {
  const entry = entries.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new Error(`the kubeconfig has no entry ${name}`);
  return entry;
}

function material(entry: Entry, field: string): Buffer | undefined {
  const inline = entry[`${field}-data`];
  if (inline !== undefined) return Buffer.from(inline, 'base64');
  const path = entry[field];
  return path === undefined ? undefined : readFileSync(path);
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
