import { existsSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeClusterFiles, writeClusterKeys } from '../cluster/cluster-files.ts';
import { apiTarget, waitForFirstObjects } from '../cluster/first-objects.ts';
import { freeClusterPorts } from '../cluster/free-ports.ts';
import { ComponentError, startComponent } from '../cluster/local-control-plane.ts';
import type { LocalControlPlane } from '../cluster/local-control-plane.ts';
import { SupervisedProcesses } from '../cluster/supervised-processes.ts';
import { applyAddons, waitForAddons } from './addons/apply-addons.ts';
import { createCgroups } from './cgroups.ts';
import { openDoorThrough } from './doors.ts';
import { enclosureScript } from './enclosure.ts';
import { nodeFolderPrefix, removeRemains, sweepRemains } from './remains.ts';
import { failIfEnded, importArchive, startPart, writePartFiles } from './node-parts.ts';
import { writeNodePki } from './node-pki.ts';
import { insideBinaries, logLines, nodePlan } from './node-plan.ts';
import type { NodePlan } from './node-plan.ts';
import { prepareNode } from './prepare-node.ts';
import type { NodeSupplies } from './prepare-node.ts';
import { doorPorts } from './parts/control-plane.ts';
import type { NodeOptions, RealNode } from './real-node.ts';
import { runningNode } from './running-node.ts';
import { VolumeProvisioner } from './volumes/volume-provisioner.ts';

const startAttempts = 3;
const enclosureTimeoutMs = 30_000;
/** Less than what the supervisor itself is given; killed then, the keeper's work is done by `removeRemains`. */
const keeperPatienceMs = 12_000;
const pollIntervalMs = 20;

/**
 * Starts a Kubernetes node with everything that pods need, and its control plane, in an enclosure of its own; several
 * may run at once. It ends with this process, however that ends.
 * @throws NodeObstacleError when this machine cannot run one; Error with a program's last words
 */
export async function startNode(options: NodeOptions = {}): Promise<RealNode> {
  const supplies = await prepareNode(options.onMessage ?? ((): void => undefined));
  sweepRemains();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options, supplies);
    } catch (error) {
      if (!isPortTaken(error) || attempt === startAttempts) throw error;
    }
  }
}

/** Somebody else took a port between our choice and the start. */
function isPortTaken(error: unknown): boolean {
  if (error instanceof ComponentError) return error.isPortTaken;
  return error instanceof Error && error.message.includes('address already in use');
}

async function startOnce(options: NodeOptions, supplies: NodeSupplies): Promise<RealNode> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), nodeFolderPrefix())));
  const ports = await freeClusterPorts();
  const processes = new SupervisedProcesses(folder);
  const plan = nodePlan({ options, supplies, processes, folder, ports });
  try {
    return await bringUp(plan);
  } catch (error) {
    await processes.stop();
    await removeRemains(plan);
    throw error;
  }
}

async function bringUp(plan: NodePlan): Promise<RealNode> {
  const startedAt = performance.now();
  const step = (name: string): void =>
    plan.options.onProgress?.({ name, elapsedMs: performance.now() - startedAt });
  await startEnclosure(plan);
  step('enclosure');
  await startDoors(plan);
  await writePartFiles(plan);
  const importing = startContainers(plan, step);
  importing.catch(() => undefined); // awaited below, after what can fail earlier
  const controlPlane = controlPlaneOf(plan);
  const { adminToken } = writeClusterKeys(plan.cluster, plan.clusterOptions);
  writeNodePki(plan.layout, plan.cluster);
  await Promise.all([
    startComponent(controlPlane, 'etcd'),
    writeClusterFiles(plan.cluster, { adminToken, binaries: controlPlane.binaries }),
  ]);
  await startComponent(controlPlane, 'kube-apiserver');
  step('API server');
  const target = { layout: plan.cluster, token: adminToken };
  const volumes = new VolumeProvisioner(apiTarget(target), plan.layout.volumes);
  const node = runningNode(plan, { controlPlane, volumes });
  await Promise.all([
    startComponent(controlPlane, 'kube-controller-manager'),
    startComponent(controlPlane, 'kube-scheduler'),
    startPart(plan, 'kubelet'),
    startPart(plan, 'kube-proxy'),
    applyAddons(node, plan.options).then(() => startPart(plan, 'kube-router')),
    importing,
  ]);
  await waitForFirstObjects(target, { nodes: 1, hasControllers: true });
  step('node Ready');
  volumes.start();
  await waitForAddons(apiTarget(target), plan.options, (name) => {
    for (const part of Object.keys(plan.processes.pids)) failIfEnded(plan, part);
    if (name !== undefined) step(name);
  });
  return node;
}

/** The folders, cgroups and namespaces; resolves when the first process inside has furnished them. */
async function startEnclosure(plan: NodePlan): Promise<void> {
  const { layout, supplies, processes, cgroups, cgroupName } = plan;
  const { nodekit } = supplies.programs;
  createCgroups(cgroups, cgroupName);
  writeFileSync(layout.enclosureScript, enclosureScript({ ...plan, nodekit }));
  const cgroupFlags = cgroups.hierarchies.map((folder) => `--cgroup=${join(folder, cgroupName)}`);
  await processes.start({
    name: 'enclosure',
    file: nodekit,
    args: ['keep', `--folder=${layout.folder}`, ...cgroupFlags, '--', 'sh', layout.enclosureScript],
    logPath: layout.log('enclosure'),
    stopSignal: 'SIGTERM',
    stopPatienceMs: keeperPatienceMs,
  });
  await until(plan, 'enclosure', () => existsSync(layout.enclosureReady));
}

/** The control plane's ports on the host's loopback lead to the same ports inside. */
async function startDoors(plan: NodePlan): Promise<void> {
  const { layout, supplies, processes } = plan;
  const initPid = logLines(layout.initPid, 1);
  await processes.start({
    name: 'doors',
    file: supplies.programs.nodekit,
    args: ['doors', `--network=/proc/${initPid}/ns/net`, `--control=${layout.doorOrders}`],
    logPath: layout.log('doors'),
  });
  await until(plan, 'doors', () => existsSync(layout.doorOrders));
  for (const port of doorPorts(plan.cluster)) {
    await openDoorThrough(layout.doorOrders, { host: '127.0.0.1', port }, port);
  }
}

async function startContainers(plan: NodePlan, step: (name: string) => void): Promise<void> {
  await startPart(plan, 'containerd');
  step('containerd');
  const archives = [...plan.supplies.images, ...(plan.options.images ?? [])];
  for (const archive of archives) await importArchive(plan, archive);
  step('images');
}

function controlPlaneOf(plan: NodePlan): LocalControlPlane {
  return {
    layout: plan.cluster,
    options: plan.clusterOptions,
    binaries: insideBinaries(plan),
    processes: plan.processes,
  };
}

async function until(plan: NodePlan, part: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + enclosureTimeoutMs;
  while (!condition()) {
    failIfEnded(plan, part);
    if (Date.now() > deadline)
      throw new Error(`${part} is not ready: ${logLines(plan.layout.log(part), 5)}`);
    await sleep(pollIntervalMs);
  }
}
