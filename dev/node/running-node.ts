import { setTimeout as sleep } from 'node:timers/promises';
import { kubecpBinaries } from '../binaries/kubecp.ts';
import type { ClusterAddress } from '../cluster/cluster.ts';
import { logTail, startComponent } from '../cluster/local-control-plane.ts';
import type { LocalControlPlane } from '../cluster/local-control-plane.ts';
import { openCluster } from '../cluster/open-cluster.ts';
import { runCommand } from '../cluster/run-command.ts';
import { withoutProxies } from '../cluster/without-proxies.ts';
import { closeDoorThrough, openDoorThrough } from './doors.ts';
import { nodeNetwork } from './node-layout.ts';
import { importArchive, innerPid, killInside, startPart } from './node-parts.ts';
import { inside, logLines } from './node-plan.ts';
import type { NodePlan } from './node-plan.ts';
import type { RealNode } from './real-node.ts';
import { removeRemains } from './remains.ts';
import type { VolumeProvisioner } from './volumes/volume-provisioner.ts';

const defaultLogLines = 50;
const insideTimeoutMs = 60_000;

/** What a node consists of that has a life of its own. */
export interface NodeLife {
  readonly controlPlane: LocalControlPlane;
  readonly volumes: VolumeProvisioner;
}

/** The use of a node and the power over its life, once its API server answers. */
export function runningNode(plan: NodePlan, { controlPlane, volumes }: NodeLife): RealNode {
  const { layout, cluster, options, supplies, processes } = plan;
  const address: ClusterAddress = {
    kubeconfigPath: cluster.adminKubeconfig,
    server: cluster.server,
    auditLogPath: options.auditLog === false ? undefined : cluster.auditLog,
    kubectl: kubecpBinaries(supplies.programs.kubecp).commands.kubectl ?? {
      file: 'kubectl',
      args: [],
    },
    identitiesFolder: cluster.identities,
    pkiFolder: cluster.pki,
  };
  return {
    ...openCluster(address),
    address,
    get pids() {
      return innerPids(processes.pids);
    },
    logTail: (component, lines = defaultLogLines) => logTail(cluster, component, lines),
    startComponent: (component) => startComponent(controlPlane, component),
    stopComponent: (component) => killInside(plan, component),
    restart: async (component, { downMs = 0 } = {}) => {
      await killInside(plan, component);
      await sleep(downMs);
      await startComponent(controlPlane, component);
    },
    stop: async () => {
      await volumes.stop();
      await processes.stop();
      await removeRemains(plan);
    },
    importImage: (archivePath) => importArchive(plan, archivePath),
    openDoor: (host, port) => openDoorThrough(layout.doorOrders, { host, port }),
    closeDoor: (port) => closeDoorThrough(layout.doorOrders, port),
    nodeAddress: nodeNetwork.nodeAddress,
    runInside: (file, args) =>
      runCommand({
        ...inside(plan, { file, args }),
        env: withoutProxies(process.env),
        timeoutMs: insideTimeoutMs,
      }),
    restartPart: async (part) => {
      await killInside(plan, part);
      await startPart(plan, part);
    },
    partLog: (part, lines = defaultLogLines) => logLines(layout.log(part), lines),
  };
}

/** The processes themselves, where one entered for them; the keeper and the doors run on the host. */
function innerPids(pids: Readonly<Record<string, number>>): Record<string, number> {
  const outside = ['enclosure', 'doors'];
  return Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => [name, outside.includes(name) ? pid : innerPid(pid)]),
  );
}
