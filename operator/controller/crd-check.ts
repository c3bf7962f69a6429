// Whether the cluster's CRD knows every field that this operator knows. With an older CRD the API server would drop
// fields without a word: an owner's setting would do nothing, and a status could never be written as it is meant.
import { storeDefinition } from '../../crds/custom-resource-definition.ts';
import { group, storePlural, version } from '../../crds/store/store.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import { isNotFound } from '../runtime/kube-error.ts';
import { objectPath } from '../runtime/kube-object.ts';
import { crdResource } from './kinds.ts';

/** Name of the CRD object. */
export const storeCrdName = `${storePlural}.${group}`;

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
}

interface Crd {
  readonly spec: {
    readonly versions: readonly {
      readonly name: string;
      readonly schema?: { readonly openAPIV3Schema?: SchemaNode };
    }[];
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

function schemaOf(crd: Crd): SchemaNode | undefined {
  return crd.spec.versions.find(({ name }) => name === version)?.schema?.openAPIV3Schema;
}

/** Fields that the first CRD has and the second lacks, without those below a field that is named already. Pure. */
export function missingFields(expected: Crd, served: Crd): readonly string[] {
  const known = new Set(fieldPaths(schemaOf(served), ''));
  const missing = fieldPaths(schemaOf(expected), '').filter((path) => !known.has(path));
  return missing.filter((path) => !missing.some((other) => path.startsWith(`${other}.`)));
}

/** What stands between the operator and its stores; undefined when nothing does. */
export type CrdProblem = string | undefined;

/**
 * Compares the CRD of the cluster with the operator's own.
 * @returns a sentence that says what to do
 * @throws KubeError when the API server refuses or cannot be reached
 */
export async function crdProblem(client: ApiClient): Promise<CrdProblem> {
  const path = objectPath({ kind: crdResource, name: storeCrdName });
  try {
    const served = await client.request<Crd>({ method: 'GET', path });
    const missing = missingFields(storeDefinition(), served);
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
