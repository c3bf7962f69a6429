import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { apiRequest } from './api-request.ts';
import type { ControlPlaneBinaries } from '../binaries/control-plane-binaries.ts';
import type { ClusterOptions, Component } from './cluster.ts';
import type { ClusterLayout } from './cluster-layout.ts';
import { componentFlags } from './component-flags.ts';
import { pkiPaths } from './pki.ts';
import type { SupervisedProcesses } from './supervised-processes.ts';

const READY_TIMEOUT_MS = 90_000;
const POLL_INTERVAL_MS = 50;
const PROBE_TIMEOUT_MS = 2_000; // whoever else has the port may accept connections and say nothing
const LOG_TAIL_LINES = 20;

/** What the components of one cluster share. */
export interface LocalControlPlane {
  readonly layout: ClusterLayout;
  readonly options: ClusterOptions;
  readonly binaries: ControlPlaneBinaries;
  readonly processes: SupervisedProcesses;
}

/** Starts one component and waits until it answers; an early death is an error with its last lines. */
export async function startComponent(
  plane: LocalControlPlane,
  component: Component,
): Promise<void> {
  const command = plane.binaries.commands[component];
  if (command === undefined) throw new Error(`the program ${component} was not found`);
  await plane.processes.start({
    name: component,
    file: command.file,
    args: [...command.args, ...componentFlags(component, plane.layout, plane.options)],
    logPath: plane.layout.log(component),
  });
  await waitUntilReady(plane, component);
  if (component === 'etcd' && 'kube-apiserver' in plane.processes.pids) {
    await waitUntilReady(plane, 'kube-apiserver'); // it finds its store again after a back-off
  }
}

async function waitUntilReady(plane: LocalControlPlane, component: Component): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await isReady(plane.layout, component))) {
    const outcome = plane.processes.outcomes.get(component);
    if (outcome !== undefined) throw new ComponentError(component, outcome, plane.layout);
    if (Date.now() > deadline) {
      throw new ComponentError(component, `not ready after ${READY_TIMEOUT_MS} ms`, plane.layout);
    }
    await sleep(POLL_INTERVAL_MS);
  }
}

async function isReady(layout: ClusterLayout, component: Component): Promise<boolean> {
  try {
    return await probe(layout, component);
  } catch {
    return false; // nothing listens yet
  }
}

async function probe(
  { ports, pki, server }: ClusterLayout,
  component: Component,
): Promise<boolean> {
  switch (component) {
    case 'etcd':
      return (await fetch(`http://127.0.0.1:${ports.etcdMetrics}/health`)).ok;
    case 'kube-apiserver':
      return isHealthy(pki, server, '/readyz');
    case 'kube-controller-manager':
      return isHealthy(pki, `https://127.0.0.1:${ports.controllerManager}`, '/healthz');
    case 'kube-scheduler':
      return isHealthy(pki, `https://127.0.0.1:${ports.scheduler}`, '/readyz');
    case 'kwok':
      return true; // it serves nothing; its nodes turning Ready is the proof
  }
}

async function isHealthy(pki: string, server: string, path: string): Promise<boolean> {
  const authority = readFileSync(pkiPaths(pki).authority, 'utf8');
  return (
    (await apiRequest({ server, authority }, { path, timeoutMs: PROBE_TIMEOUT_MS })).status === 200
  );
}

/** A component that ended or never became ready, with what it said last. */
export class ComponentError extends Error {
  override readonly name = 'ComponentError';
  readonly component: Component;
  /** Somebody else took the port between our choice and the component's start. */
  readonly isPortTaken: boolean;

  constructor(component: Component, outcome: string, layout: ClusterLayout) {
    const tail = logTail(layout, component, LOG_TAIL_LINES);
    super(
      `${component} failed (${outcome}); its flags are in dev/cluster/component-flags.ts. ` +
        `The last lines of its log:\n${tail}`,
    );
    this.component = component;
    this.isPortTaken = tail.includes('address already in use');
  }
}

/** The last lines of a component's log, empty when there is none. */
export function logTail(layout: ClusterLayout, component: Component, lines: number): string {
  try {
    return readFileSync(layout.log(component), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(-lines)
      .join('\n');
  } catch {
    return '';
  }
}
