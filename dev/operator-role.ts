// Installs what the operator needs of a cluster, as its chart renders it: CRD, namespace, ServiceAccount and roles. Whoever
// runs the operator outside of a pod (demo, tests, benchmarks) then runs it as that ServiceAccount, never as an admin.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, stringify } from 'yaml';
import { helmBinary } from './binaries/helm.ts';
import { runCommand } from './cluster/run-command.ts';
import type { ClusterAccess } from './cluster/cluster.ts';

/** Namespace and release name of an installed operator. */
export const operatorNamespace = 'dhakacart-system';
/** Name of the release, and with it of the ServiceAccount. */
export const operatorRelease = 'dhakacart-operator';

const chartFolder = fileURLToPath(new URL('../charts/dhakacart-operator', import.meta.url));
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

const helmTimeoutMs = 30_000;

/**
 * Renders the chart as `helm template` does.
 * @param values `--set` assignments
 * @throws Error with helm's own words
 */
export async function renderChart(
  values: readonly string[] = [],
): Promise<readonly RenderedObject[]> {
  const cacheFolder = await mkdtemp(join(tmpdir(), 'dhakacart-helm-'));
  const helm = await helmBinary();
  const { stdout, stderr, code } = await runCommand({
    file: helm,
    args: [
      'template',
      operatorRelease,
      chartFolder,
      `--namespace=${operatorNamespace}`,
      ...values.map((value) => `--set=${value}`),
    ],
    env: {
      ...process.env,
      HELM_CACHE_HOME: cacheFolder,
      HELM_CONFIG_HOME: cacheFolder,
      HELM_DATA_HOME: cacheFolder,
    },
    timeoutMs: helmTimeoutMs,
  });
  await rm(cacheFolder, { recursive: true, force: true });
  if (code !== 0) throw new Error(`helm template: ${stderr.trim()}`);
  return parseAllDocuments(stdout)
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
export async function installOperatorRole(cluster: ClusterAccess): Promise<string> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: operatorNamespace } };
  const access = (await renderChart()).filter(({ kind }) => accessKinds.has(kind));
  const manifests = [namespace, ...access].map((object) => stringify(object)).join('---\n');
  await kubectl(cluster, ['apply', '--server-side', '-f', crdFile]);
  await kubectl(cluster, ['apply', '--server-side', '-f', '-'], manifests);
  await kubectl(cluster, ['wait', '--for=condition=Established', '--timeout=30s', '-f', crdFile]);
  return cluster.kubeconfigFor({
    serviceAccount: { namespace: operatorNamespace, name: operatorRelease },
  });
}
