import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlaneBinaries } from '../binaries/control-plane-binaries.ts';
import { COMPONENTS } from './cluster.ts';
import type { Cluster, ClusterAddress, ClusterOptions, Component } from './cluster.ts';
import { clusterLayout } from './cluster-layout.ts';
import { freeClusterPorts } from './free-ports.ts';
import { ComponentError, logTail, startComponent } from './local-control-plane.ts';
import type { LocalControlPlane } from './local-control-plane.ts';
import { openCluster } from './open-cluster.ts';
import { createFirstObjects, waitForFirstObjects } from './first-objects.ts';
import { writeClusterFiles, writeClusterKeys } from './cluster-files.ts';
import { SupervisedProcesses } from './supervised-processes.ts';

const START_ATTEMPTS = 3;

/** Starts a control plane of processes on 127.0.0.1; again with other ports when one was taken. */
export async function startLocalCluster(
  binaries: ControlPlaneBinaries,
  options: ClusterOptions,
): Promise<Cluster> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(binaries, options);
    } catch (error) {
      const isRace = error instanceof ComponentError && error.isPortTaken;
      if (!isRace || attempt === START_ATTEMPTS || options.port !== undefined) throw error;
    }
  }
}

async function startOnce(
  binaries: ControlPlaneBinaries,
  options: ClusterOptions,
): Promise<Cluster> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'dhakacart-cluster-')));
  const processes = new SupervisedProcesses(folder);
  try {
    const ports = await freeClusterPorts();
    const { port: apiServer = ports.apiServer } = options;
    const layout = clusterLayout(folder, { ...ports, apiServer });
    const plane: LocalControlPlane = { layout, options, binaries, processes };
    await bringUp(plane);
    return localCluster(plane);
  } catch (error) {
    await processes.stop();
    throw error;
  }
}

async function bringUp(plane: LocalControlPlane): Promise<void> {
  const step = stepTimer(plane.options);
  const chosen = chosenComponents(plane);
  const { adminToken } = writeClusterKeys(plane.layout, plane.options);
  await Promise.all([
    startComponentTimed(plane, 'etcd', step),
    writeClusterFiles(plane.layout, { adminToken, binaries: plane.binaries }),
  ]);
  await startComponentTimed(plane, 'kube-apiserver', step);
  const rest = chosen.filter((component) => component !== 'etcd' && component !== 'kube-apiserver');
  const target = { layout: plane.layout, token: adminToken };
  const hasKwok = chosen.includes('kwok');
  const nodes = hasKwok ? (plane.options.nodes ?? 3) : 0;
  const volumes = hasKwok ? (plane.options.volumes ?? 50) : 0;
  await Promise.all([
    ...rest.map((component) => startComponentTimed(plane, component, step)),
    createFirstObjects(target, {
      nodes,
      podsPerNode: plane.options.podsPerNode ?? 500,
      volumes,
    }),
  ]);
  await waitForFirstObjects(target, {
    nodes,
    hasControllers: chosen.includes('kube-controller-manager'),
  });
  step(nodes === 0 ? 'default namespace' : `default namespace and ${nodes} nodes ready`);
}

async function startComponentTimed(
  plane: LocalControlPlane,
  component: Component,
  step: (name: string) => void,
): Promise<void> {
  await startComponent(plane, component);
  step(component);
}

function stepTimer(options: ClusterOptions): (name: string) => void {
  const startedAt = performance.now();
  return (name) => options.onProgress?.({ name, elapsedMs: performance.now() - startedAt });
}

function chosenComponents({ options, binaries }: LocalControlPlane): readonly Component[] {
  const always: readonly Component[] = ['etcd', 'kube-apiserver'];
  if (options.components !== undefined) {
    const wanted = options.components;
    return COMPONENTS.filter(
      (component) => always.includes(component) || wanted.includes(component),
    );
  }
  return COMPONENTS.filter(
    (component) => always.includes(component) || binaries.commands[component] !== undefined,
  );
}

function localCluster(plane: LocalControlPlane): Cluster {
  const { layout, processes, binaries, options } = plane;
  const address: ClusterAddress = {
    kubeconfigPath: layout.adminKubeconfig,
    server: layout.server,
    auditLogPath: options.auditLog === false ? undefined : layout.auditLog,
    kubectl: binaries.commands.kubectl ?? { file: 'kubectl', args: [] },
    identitiesFolder: layout.identities,
    pkiFolder: layout.pki,
  };
  return {
    ...openCluster(address),
    address,
    pids: processes.pids,
    logTail: (component, lines = 50) => logTail(layout, component, lines),
    startComponent: (component) => startComponent(plane, component),
    stopComponent: (component) => processes.kill(component),
    restart: async (component, { downMs = 0 } = {}) => {
      await processes.kill(component);
      await sleep(downMs);
      await startComponent(plane, component);
    },
    stop: () => processes.stop(),
  };
}
