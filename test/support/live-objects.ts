// Objects as the API server has them, read without kubectl: each of its starts takes a fifth of a second of processor time,
// and tests look again and again. What is asked for is written as kubectl takes it.
import type { ClusterAccess } from '../../dev/cluster/cluster.ts';
import { type ApiClient, apiClient, type ApiResponse } from './api-client.ts';

/** Aggregated discovery: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery. */
const discoveryAccept =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

/** One kind of object that a cluster serves. */
interface ServedResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly isNamespaced: boolean;
  /** As a person may write it. */
  readonly names: readonly string[];
}

interface DiscoveredGroup {
  readonly metadata?: { readonly name?: string };
  readonly versions: readonly {
    readonly version: string;
    readonly resources?: readonly {
      readonly resource: string;
      readonly responseKind?: { readonly kind?: string };
      readonly scope: string;
      readonly singularResource?: string;
      readonly shortNames?: readonly string[];
    }[];
  }[];
}

function servedResources(groups: readonly DiscoveredGroup[]): readonly ServedResource[] {
  return groups.flatMap(({ metadata, versions }) =>
    versions.flatMap(({ version, resources = [] }) =>
      resources.map(({ resource, responseKind, scope, singularResource, shortNames = [] }) => {
        const kind = responseKind?.kind ?? '';
        const names = [resource, singularResource ?? '', kind.toLowerCase(), ...shortNames];
        const isNamespaced = scope === 'Namespaced';
        return {
          group: metadata?.name ?? '',
          version,
          kind,
          plural: resource,
          isNamespaced,
          names,
        };
      }),
    ),
  );
}

/** Knows one cluster: where it answers, and what it serves. */
class ClusterReader {
  readonly #client: ApiClient;
  #served: readonly ServedResource[] = [];

  constructor(kubeconfigPath: string) {
    this.#client = apiClient(kubeconfigPath);
  }

  /** A connection that was idle may have died with an API server that was restarted. */
  async get(path: string, accept?: string): Promise<ApiResponse> {
    const options = accept === undefined ? {} : { accept };
    try {
      return await this.#client.request('GET', path, options);
    } catch {
      return this.#client.request('GET', path, options);
    }
  }

  /** What a name such as `deployments`, `hpa` or `events.events.k8s.io` stands for; CRDs may have come meanwhile. */
  async resource(name: string): Promise<ServedResource> {
    const known = this.#find(name);
    if (known !== undefined) return known;
    const answers = await Promise.all(
      ['/api', '/apis'].map((path) => this.get(path, discoveryAccept)),
    );
    this.#served = servedResources(
      answers.flatMap(({ body }) => (body.items ?? []) as DiscoveredGroup[]),
    );
    const found = this.#find(name);
    if (found === undefined) {
      throw new Error(`error: the server doesn't have a resource type "${name}"`);
    }
    return found;
  }

  #find(name: string): ServedResource | undefined {
    const [short = '', ...group] = name.split('.');
    return this.#served.find(
      (one) => one.names.includes(short) && (group.length === 0 || one.group === group.join('.')),
    );
  }
}

const readers = new Map<string, ClusterReader>();

function readerOf({ kubeconfigPath }: ClusterAccess): ClusterReader {
  const known = readers.get(kubeconfigPath);
  if (known !== undefined) return known;
  const made = new ClusterReader(kubeconfigPath);
  readers.set(kubeconfigPath, made);
  return made;
}

/** Where to look, from `-n`, `-l` and `-A`. */
interface Scope {
  readonly words: readonly string[];
  readonly namespace: string | undefined;
  readonly selector: string | undefined;
}

function scopeOf(args: readonly string[]): Scope {
  const valueOf = (flag: string): string | undefined => {
    const at = args.indexOf(flag);
    return at === -1 ? undefined : args[at + 1];
  };
  const isEverywhere = args.includes('-A');
  const words = args.filter(
    (word, at) => !word.startsWith('-') && !['-n', '-l'].includes(args[at - 1] ?? ''),
  );
  const namespace = isEverywhere ? undefined : (valueOf('-n') ?? 'default');
  return { words, namespace, selector: valueOf('-l') };
}

function collectionPath(
  { group, version, plural, isNamespaced }: ServedResource,
  namespace: string | undefined,
): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const place = isNamespaced && namespace !== undefined ? `/namespaces/${namespace}` : '';
  return `${root}${place}/${plural}`;
}

function bodyOf({ status, body }: ApiResponse): ApiResponse['body'] {
  if (status === 200) return body;
  throw new Error(`Error from server (${body?.reason ?? status}): ${body?.message ?? body}`);
}

/**
 * One object, by `kubectl get`'s own words: `deployment/shop-api -n shop`.
 * @throws Error in kubectl's words when it is not there
 */
export async function readObject(
  cluster: ClusterAccess,
  args: readonly string[],
): Promise<ApiResponse['body']> {
  const { words, namespace } = scopeOf(args);
  const [resourceName = '', name = ''] = words.join('/').split('/');
  const reader = readerOf(cluster);
  const resource = await reader.resource(resourceName);
  const object = bodyOf(await reader.get(`${collectionPath(resource, namespace)}/${name}`));
  delete object.metadata.managedFields;
  return object;
}

/**
 * Objects of some kinds, `deployments,hpa`, with their managed fields.
 * @throws Error in kubectl's words when the cluster does not serve one of the kinds
 */
export async function listObjects(
  cluster: ClusterAccess,
  resources: string,
  args: readonly string[],
): Promise<readonly ApiResponse['body'][]> {
  const { namespace, selector } = scopeOf(args);
  const reader = readerOf(cluster);
  const query = selector === undefined ? '' : `?labelSelector=${encodeURIComponent(selector)}`;
  const lists = resources.split(',').map(async (name) => {
    const resource = await reader.resource(name);
    const { group, version, kind } = resource;
    const apiVersion = group === '' ? version : `${group}/${version}`;
    const body = bodyOf(await reader.get(`${collectionPath(resource, namespace)}${query}`));
    return (body.items as object[]).map((item) => ({ apiVersion, kind, ...item }));
  });
  return (await Promise.all(lists)).flat();
}
