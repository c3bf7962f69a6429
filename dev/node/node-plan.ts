import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { kubecpBinaries } from '../binaries/kubecp.ts';
import type { ControlPlaneBinaries, ProgramCommand } from '../binaries/control-plane-binaries.ts';
import type { ClusterOptions } from '../cluster/cluster.ts';
import { clusterLayout } from '../cluster/cluster-layout.ts';
import type { ClusterLayout, ClusterPorts } from '../cluster/cluster-layout.ts';
import type { SupervisedProcesses } from '../cluster/supervised-processes.ts';
import { hostCgroups } from './cgroups.ts';
import type { CgroupMounts } from './cgroups.ts';
import { insideEnclosure } from './enclosure.ts';
import type { CommandLine } from './enclosure.ts';
import { nodeLayout } from './node-layout.ts';
import type { NodeLayout } from './node-layout.ts';
import { nodePki } from './node-pki.ts';
import type { NodePki } from './node-pki.ts';
import type { NodeSupplies } from './prepare-node.ts';
import { nodeClusterOptions } from './parts/control-plane.ts';
import type { NodeOptions } from './real-node.ts';

/** Everything that stays the same during the life of one node. */
export interface NodePlan {
  readonly options: NodeOptions;
  readonly supplies: NodeSupplies;
  readonly layout: NodeLayout;
  readonly cluster: ClusterLayout;
  readonly clusterOptions: ClusterOptions;
  readonly pki: NodePki;
  readonly cgroups: CgroupMounts;
  readonly cgroupName: string;
  readonly processes: SupervisedProcesses;
}

/** What a plan is made from. */
export interface PlanRequest extends Pick<NodePlan, 'options' | 'supplies' | 'processes'> {
  /** A new folder, whose name is unique on this machine: the node's cgroup is called after it. */
  readonly folder: string;
  readonly ports: ClusterPorts;
}

/** The plan of a node, whose folders it makes. */
export function nodePlan({ folder, ports, ...given }: PlanRequest): NodePlan {
  const layout = nodeLayout(folder);
  const cluster = clusterLayout(folder, ports);
  const cgroups = hostCgroups();
  if (cgroups === undefined) throw new Error('no cgroups are mounted at /sys/fs/cgroup');
  const pki = nodePki(cluster.pki);
  for (const path of [
    layout.containerdRoot,
    layout.kubeletRoot,
    layout.cniConfigs,
    layout.volumes,
  ]) {
    mkdirSync(path, { recursive: true });
  }
  return {
    ...given,
    layout,
    cluster,
    pki,
    cgroups,
    cgroupName: basename(folder),
    clusterOptions: nodeClusterOptions(pki, given.options),
  };
}

/** The command line that runs inside the enclosure, once there is one. */
export function inside(plan: NodePlan, command: CommandLine): CommandLine {
  const initPid = Number(readFileSync(plan.layout.initPid, 'utf8'));
  return insideEnclosure(plan, initPid, command);
}

/** The control plane's programs, to be run inside. */
export function insideBinaries(plan: NodePlan): ControlPlaneBinaries {
  const { commands } = kubecpBinaries(plan.supplies.programs.kubecp);
  const moved = Object.entries(commands).map(([name, command]): [string, ProgramCommand] => [
    name,
    inside(plan, command),
  ]);
  return { commands: Object.fromEntries(moved) };
}

/** The last lines of a log, empty when there is none. */
export function logLines(path: string, lines: number): string {
  if (!existsSync(path)) return '';
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

/** Writes a file of the node's that only root reads. */
export function writeNodeFile(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
}
