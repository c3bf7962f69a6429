// Plays the kubelet for one container of the API, of its Deployment or of the migration Job: a folder for each volume, the
// variables of the object, and nothing else. What differs from a pod is said here: paths lie below a folder of the test,
// the two ports are free ones, and the name of the Service of the operator's own database leads to a server of the test.
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
  readonly secret?: {
    readonly secretName: string;
    readonly items?: readonly { readonly key: string; readonly path: string }[];
  };
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

interface Container {
  readonly args?: readonly string[];
  readonly env: readonly Variable[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

/** Which object, and what a pod of it runs. */
export interface ApiPodOptions {
  readonly cluster: ClusterAccess;
  readonly namespace: string;
  /** Such as `deployment/shop-api`. */
  readonly object: string;
  readonly program: string;
  /** Where the database of the store is played, if its own address leads nowhere. */
  readonly database?: { readonly host: string; readonly port: number };
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
  const items = volume.secret.items ?? Object.keys(data).map((key) => ({ key, path: key }));
  return Object.fromEntries(
    items.map(({ key, path }) => [path, Buffer.from(data[key] ?? '', 'base64').toString()]),
  );
}

function exitOf(child: ChildProcess): number | string | null {
  return child.exitCode ?? child.signalCode;
}

/** The value of a variable, as the kubelet finds it. */
async function valueOf({ cluster, namespace }: ApiPodOptions, variable: Variable): Promise<string> {
  const { value = '', valueFrom } = variable;
  if (valueFrom === undefined) return value;
  const { name, key } = valueFrom.secretKeyRef;
  const { data } = await read(cluster, [`secret/${name}`, '-n', namespace]);
  const found: unknown = data[key];
  if (typeof found !== 'string') throw new Error(`Secret ${name} has no key ${key}`);
  return Buffer.from(found, 'base64').toString();
}

interface PlayedContainer {
  readonly root: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The files and variables of the first container of a template, as it stands now. */
async function playedContainer(options: ApiPodOptions): Promise<PlayedContainer> {
  const object = await read(options.cluster, [options.object, '-n', options.namespace]);
  const { containers, volumes } = object['spec'].template.spec as {
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
  const env: Record<string, string> = {};
  for (const variable of container.env) {
    const value = await valueOf(options, variable);
    env[variable.name] = isPath(value) ? join(root, value) : value;
  }
  const { host, port } = options.database ?? {};
  const played = host === undefined ? {} : { PGHOST: host, PGPORT: String(port) };
  return { root, args: container.args ?? [], env: { ...env, ...played } };
}

/** A process, and what it has said. */
function started(
  { root, env }: PlayedContainer,
  words: readonly string[],
): { readonly child: ChildProcess; readonly output: () => string } {
  const child = spawn(process.execPath, words, {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  return { child, output: () => output };
}

/** Runs a container to its end, with the arguments of its object or with others, as `kubectl exec` would. */
export async function endedApiPod(
  options: ApiPodOptions,
  args?: readonly string[],
): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  const played = await playedContainer(options);
  const { child, output } = started(played, [options.program, ...(args ?? played.args)]);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  rmSync(played.root, { recursive: true, force: true });
  return { exitCode, output: output() };
}

/**
 * The same for a program that must succeed.
 * @returns what it said
 * @throws Error with that, when it ended with another code than 0
 */
export async function runApiPod(options: ApiPodOptions, args?: readonly string[]): Promise<string> {
  const { exitCode, output } = await endedApiPod(options, args);
  if (exitCode !== 0) throw new Error(`the program ended with ${exitCode}: ${output}`);
  return output;
}

/**
 * Starts the container of a Deployment as it stands now; resolves when it is ready.
 * @throws Error with the output of a program that ended instead
 */
export async function startApiPod(options: ApiPodOptions): Promise<ApiPod> {
  const played = await playedContainer(options);
  const [port = 0, metricsPort = 0] = await freePorts(2);
  const env = {
    ...played.env,
    PORT: String(port),
    METRICS_PORT: String(metricsPort),
    ENDPOINT_PROPAGATION_MS: '0',
  };
  const { child, output } = started({ ...played, env }, [options.program, 'serve']);
  const stop = async (): Promise<void> => {
    if (exitOf(child) === null) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    rmSync(played.root, { recursive: true, force: true });
  };
  await eventually(async () => {
    if (exitOf(child) !== null) return;
    const response = await fetch(`http://127.0.0.1:${metricsPort}/health/ready`);
    if (!response.ok) throw new Error(`not ready: ${response.status}`);
  });
  if (exitOf(child) !== null) {
    await stop();
    throw new Error(`the API ended with ${exitOf(child)}: ${output()}`);
  }
  return { port, metricsPort, output, stop };
}
