// Whether the cluster's CRD knows every field that this operator knows. With an older CRD the API server would drop
// fields without a word: an owner's setting would do nothing, and a status could never be written as it is meant.
// What the API server serves is read from its OpenAPI document, as every authenticated client may (ClusterRole
// system:discovery): the CRD itself belongs to the cluster, and an operator with Roles alone cannot read it.
// https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3
import { storeDefinition } from '../../crds/custom-resource-definition.ts';
import { group, storeKind, storePlural, version } from '../../crds/store/store.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { isNotFound } from '../runtime/kube-error.ts';

const documentPath = `/openapi/v3/apis/${group}/${version}`;

const storeCrdName = `${storePlural}.${group}`;

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
}

interface OpenApiDocument {
  readonly components?: {
    readonly schemas?: Readonly<
      Record<
        string,
        SchemaNode & { readonly 'x-kubernetes-group-version-kind'?: readonly { kind: string }[] }
      >
    >;
  };
}

function fieldPaths(node: SchemaNode | undefined, path: string): readonly string[] {
  const children = Object.entries(node?.properties ?? {}).flatMap(([name, child]) => {
    const childPath = path === '' ? name : `${path}.${name}`;
    return [childPath, ...fieldPaths(child, childPath)];
  });
  return node?.items === undefined
    ? children
    : [...children, ...fieldPaths(node.items, `${path}[]`)];
}

function expectedSchema(): SchemaNode | undefined {
  const { versions } = storeDefinition().spec;
  return versions.find(({ name }) => name === version)?.schema.openAPIV3Schema;
}

function servedSchema({ components }: OpenApiDocument): SchemaNode | undefined {
  return Object.values(components?.schemas ?? {}).find((schema) =>
    schema['x-kubernetes-group-version-kind']?.some(({ kind }) => kind === storeKind),
  );
}

/** Fields that the first schema has and the second lacks, without those below a field that is named already. Pure. */
function missingFields(
  expected: SchemaNode | undefined,
  served: SchemaNode | undefined,
): readonly string[] {
  const known = new Set(fieldPaths(served, ''));
  const missing = fieldPaths(expected, '').filter((path) => !known.has(path));
  return missing.filter((path) => !missing.some((other) => path.startsWith(`${other}.`)));
}

/** What stands between the operator and its stores; undefined when nothing does. */
export type CrdProblem = string | undefined;

/**
 * Compares what the cluster serves with the operator's own CRD.
 * @returns a sentence that says what to do
 * @throws KubeError when the API server refuses or cannot be reached
 */
export async function crdProblem(client: ApiClient): Promise<CrdProblem> {
  try {
    const document = await client.request<OpenApiDocument>({ method: 'GET', path: documentPath });
    const missing = missingFields(expectedSchema(), servedSchema(document));
    if (missing.length === 0) return undefined;
    return (
      `the CRD ${storeCrdName} is older than this operator and lacks ${missing.join(', ')}; ` +
      'apply the CRD of this release: kubectl apply --server-side -f crds/dhakacart.io_dhakacartstores.yaml'
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return (
      `the CRD ${storeCrdName} is not installed; install the chart, or ` +
      'kubectl apply --server-side -f crds/dhakacart.io_dhakacartstores.yaml'
    );
  }
}
