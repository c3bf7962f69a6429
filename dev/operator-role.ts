// Installs what the operator needs of a cluster, as its chart renders it: CRD, namespace, ServiceAccount and roles. Whoever
// runs the operator outside of a pod (demo, tests, benchmarks) then runs it as that ServiceAccount, never as an admin.
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, stringify } from 'yaml';
import type { ClusterAccess } from './cluster/cluster.ts';
import { chartFolder, helm, operatorNamespace, operatorRelease } from './helm-command.ts';

const crdFile = fileURLToPath(
  new URL('../crds/dhakacart.io_dhakacartstores.yaml', import.meta.url),
);

/** A rendered object. */
export interface RenderedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

/** How the chart is installed. */
export interface ChartRelease {
  /** Of the operator; default `operatorNamespace`. */
  readonly namespace?: string;
  /** `--set` assignments; default none. */
  readonly values?: readonly string[];
}

/**
 * Renders the chart as `helm template` does.
 * @throws Error with helm's own words
 */
export async function renderChart({
  namespace = operatorNamespace,
  values = [],
}: ChartRelease = {}): Promise<readonly RenderedObject[]> {
  const sets = values.map((value) => `--set=${value}`);
  const where = `--namespace=${namespace}`;
  const text = await helm(['template', operatorRelease, chartFolder, where, ...sets]);
  return parseAllDocuments(text)
    .map((document) => document.toJS() as RenderedObject | null)
    .filter((object) => object !== null);
}

async function kubectl(
  cluster: ClusterAccess,
  args: readonly string[],
  input?: string,
): Promise<void> {
  const { stderr, code } = await cluster.kubectl(args, input === undefined ? {} : { input });
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`);
}

const accessKinds = new Set([
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
]);

/** Installs the CRD and the operator's identity; returns the path of a kubeconfig that speaks for it. */
export async function installOperatorRole(
  cluster: ClusterAccess,
  release: ChartRelease = {},
): Promise<string> {
  const { namespace = operatorNamespace } = release;
  const home = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  const access = (await renderChart(release)).filter(({ kind }) => accessKinds.has(kind));
  const manifests = [home, ...access].map((object) => stringify(object)).join('---\n');
  await kubectl(cluster, ['apply', '--server-side', '-f', crdFile]);
  await kubectl(cluster, ['apply', '--server-side', '-f', '-'], manifests);
  await kubectl(cluster, ['wait', '--for=condition=Established', '--timeout=30s', '-f', crdFile]);
  return cluster.kubeconfigFor({
    serviceAccount: { namespace, name: operatorRelease },
  });
}
