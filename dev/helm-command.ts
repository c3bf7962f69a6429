// Helm with folders of its own, so that neither the settings nor the plug-ins of this user take part.
import { fileURLToPath } from 'node:url';
import { helmBinary } from './binaries/helm.ts';
import { runCommand } from './cluster/run-command.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Folder of the operator's chart. */
export const chartFolder = fileURLToPath(new URL('../charts/dhakacart-operator', import.meta.url));

/** Namespace and release name of an installed operator. */
export const operatorNamespace = 'dhakacart-system';
/** Name of the release, and with it of the ServiceAccount and the Deployment. */
export const operatorRelease = 'dhakacart-operator';

/** How to run helm. */
export interface HelmOptions {
  /** Of the cluster; rendering needs none. */
  readonly kubeconfig?: string;
  /** Default 30 000. */
  readonly timeoutMs?: number;
}

/**
 * Runs helm and returns what it printed.
 * @throws Error with helm's own words
 */
export async function helm(args: readonly string[], options: HelmOptions = {}): Promise<string> {
  const { kubeconfig, timeoutMs = 30_000 } = options;
  const file = await helmBinary();
  const folder = temporaryFolder('helm');
  try {
    const { stdout, stderr, code } = await runCommand({
      file,
      args: kubeconfig === undefined ? args : [...args, `--kubeconfig=${kubeconfig}`],
      env: {
        ...process.env,
        HELM_CACHE_HOME: folder.path,
        HELM_CONFIG_HOME: folder.path,
        HELM_DATA_HOME: folder.path,
      },
      timeoutMs,
    });
    if (code !== 0) throw new Error(`helm ${args[0]}: ${stderr.trim()}`);
    return stdout;
  } finally {
    folder.remove();
  }
}

const installSeconds = 180;

/**
 * Installs the operator as an administrator would, and waits until both of its pods are ready.
 * @throws Error with helm's own words
 */
export async function installOperator(kubeconfig: string): Promise<void> {
  await helm(
    [
      'install',
      operatorRelease,
      chartFolder,
      `--namespace=${operatorNamespace}`,
      '--create-namespace',
      '--wait',
      `--timeout=${installSeconds}s`,
    ],
    { kubeconfig, timeoutMs: (installSeconds + 10) * 1_000 },
  );
}
