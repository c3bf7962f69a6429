// Plays the kubelet for one container of the API: a folder for each volume, the variables of the Deployment, and nothing
// else. What differs from a pod is said here: paths lie below a folder of the test, and the two ports are free ones.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterAccess } from '../../dev/cluster/cluster.ts';
import { freePorts } from '../../dev/cluster/free-ports.ts';
import { eventually } from './eventually.ts';
import { read } from './stores.ts';

interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly secret?: { readonly secretName: string };
}

interface Container {
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

/** Which Deployment, and what a pod of it runs. */
export interface ApiPodOptions {
  readonly cluster: ClusterAccess;
  readonly namespace: string;
  readonly deployment: string;
  readonly program: string;
  /** Variables that the operator does not give yet, such as those of the database. */
  readonly env: Readonly<Record<string, string>>;
}

/** A running container. */
export interface ApiPod {
  readonly port: number;
  readonly metricsPort: number;
  readonly output: () => string;
  readonly stop: () => Promise<void>;
}

/** Files of a volume by name, as text. */
async function filesOf(
  { cluster, namespace }: ApiPodOptions,
  volume: Volume,
): Promise<Readonly<Record<string, string>>> {
  const get = async (object: string): Promise<Readonly<Record<string, string>>> =>
    (await read(cluster, [object, '-n', namespace]))['data'] ?? {};
  if (volume.configMap !== undefined) return get(`configmap/${volume.configMap.name}`);
  if (volume.secret === undefined) return {};
  const data = await get(`secret/${volume.secret.secretName}`);
  return Object.fromEntries(
    Object.entries(data).map(([name, text]) => [name, Buffer.from(text, 'base64').toString()]),
  );
}

function exitOf(child: ChildProcess): number | string | null {
  return child.exitCode ?? child.signalCode;
}

/**
 * Starts the container of a Deployment as it stands now; resolves when it is ready.
 * @throws Error with the output of a program that ended instead
 */
export async function startApiPod(options: ApiPodOptions): Promise<ApiPod> {
  const deployment = await read(options.cluster, [
    `deployment/${options.deployment}`,
    '-n',
    options.namespace,
  ]);
  const { containers, volumes } = deployment['spec'].template.spec as {
    readonly containers: readonly Container[];
    readonly volumes: readonly Volume[];
  };
  const [container] = containers;
  if (container === undefined) throw new Error('the pod has no container');
  const root = mkdtempSync(join(tmpdir(), 'dhakacart-pod-'));
  for (const { name, mountPath } of container.volumeMounts) {
    const volume = volumes.find((one) => one.name === name);
    if (volume === undefined) throw new Error(`volume ${name} is mounted and not declared`);
    mkdirSync(join(root, mountPath), { recursive: true });
    for (const [file, text] of Object.entries(await filesOf(options, volume)))
      writeFileSync(join(root, mountPath, file), text, { mode: 0o440 });
  }
  const isPath = (value: string): boolean =>
    container.volumeMounts.some(({ mountPath }) => value.startsWith(`${mountPath}/`));
  const given = container.env.map(({ name, value = '' }) => [
    name,
    isPath(value) ? join(root, value) : value,
  ]);
  const [port = 0, metricsPort = 0] = await freePorts(2);
  const child = spawn(process.execPath, [options.program, 'serve'], {
    cwd: root,
    env: {
      ...(Object.fromEntries(given) as Record<string, string>),
      ...options.env,
      PORT: String(port),
      METRICS_PORT: String(metricsPort),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const stop = async (): Promise<void> => {
    if (exitOf(child) === null) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    rmSync(root, { recursive: true, force: true });
  };
  await eventually(async () => {
    if (exitOf(child) !== null) return;
    const response = await fetch(`http://127.0.0.1:${metricsPort}/health/ready`);
    if (!response.ok) throw new Error(`not ready: ${response.status}`);
  });
  if (exitOf(child) !== null) {
    await stop();
    throw new Error(`the API ended with ${exitOf(child)}: ${output}`);
  }
  return { port, metricsPort, output: () => output, stop };
}
