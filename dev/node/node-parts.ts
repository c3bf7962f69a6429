import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../cluster/run-command.ts';
import type { CommandLine } from './enclosure.ts';
import { inside, logLines, writeNodeFile } from './node-plan.ts';
import type { NodePlan } from './node-plan.ts';
import { nodeImages } from './node-images.ts';
import { cniConfig } from './parts/cni.ts';
import { containerdConfig, containerdMajor } from './parts/containerd.ts';
import { kubeProxyConfig, kubeProxyFlags } from './parts/kube-proxy.ts';
import { kubeRouterFlags } from './parts/kube-router.ts';
import { kubeletConfig, kubeletFlags } from './parts/kubelet.ts';
import { nodeNetwork } from './node-layout.ts';
import type { NodePart } from './real-node.ts';

const readyTimeoutMs = 60_000;
const exitTimeoutMs = 15_000;
const importTimeoutMs = 300_000;
const pollIntervalMs = 50;
const logTailLines = 20;

/** Writes the configurations of the node's programs. */
export async function writePartFiles(plan: NodePlan): Promise<void> {
  const { layout, supplies, pki, cgroupName, cgroups } = plan;
  const { hostPrograms } = supplies;
  const version = await runCommand({
    file: hostPrograms.containerd,
    args: ['--version'],
    timeoutMs: readyTimeoutMs,
  });
  const facts = {
    ...hostPrograms,
    major: containerdMajor(version.stdout),
    pauseImage: nodeImages.pause,
  };
  writeNodeFile(layout.containerdConfig, containerdConfig(layout, facts));
  writeNodeFile(`${layout.cniConfigs}/10-pods.conflist`, cniConfig(layout));
  writeNodeFile(layout.resolvConf, `nameserver ${nodeNetwork.dnsService}\n`);
  const kubelet = { layout, pki, cgroupName, cgroupVersion: cgroups.version };
  writeNodeFile(layout.kubeletConfig, kubeletConfig(kubelet));
  writeNodeFile(layout.kubeProxyConfig, kubeProxyConfig(layout));
}

function partCommand(part: NodePart, { layout, supplies }: NodePlan): CommandLine {
  const { programs, hostPrograms } = supplies;
  switch (part) {
    case 'containerd':
      return { file: hostPrograms.containerd, args: ['--config', layout.containerdConfig] };
    case 'kubelet':
      return { file: programs.kubecp, args: ['kubelet', ...kubeletFlags(layout)] };
    case 'kube-proxy':
      return { file: programs.kubecp, args: ['kube-proxy', ...kubeProxyFlags(layout)] };
    case 'kube-router':
      return { file: programs['kube-router'], args: kubeRouterFlags(layout) };
  }
}

/** Starts one program of the node; containerd is waited for until it answers. */
export async function startPart(plan: NodePlan, part: NodePart): Promise<void> {
  const { file, args } = inside(plan, partCommand(part, plan));
  await plan.processes.start({ name: part, file, args, logPath: plan.layout.log(part) });
  if (part === 'containerd') await untilSocketAnswers(plan);
}

/**
 * Ends a process of the enclosure and waits until it is gone. Not the one that entered for it is killed, which would
 * take a moment less: the process itself must have given its ports back.
 */
export async function killInside({ processes }: NodePlan, name: string): Promise<void> {
  const entered = processes.pids[name];
  if (entered === undefined) return;
  process.kill(innerPid(entered), 'SIGKILL');
  const deadline = Date.now() + exitTimeoutMs;
  while (name in processes.pids) {
    if (Date.now() > deadline) throw new Error(`${name} is still running after SIGKILL`);
    await sleep(pollIntervalMs);
  }
}

/** The process inside that one entered for: its child, since only a child is in another process namespace. */
export function innerPid(entered: number): number {
  const children = readFileSync(`/proc/${entered}/task/${entered}/children`, 'utf8').trim();
  return Number(children.split(' ')[0] || entered);
}

/** Imports an archive of images. */
export async function importArchive(plan: NodePlan, archivePath: string): Promise<void> {
  const { layout, supplies } = plan;
  const args = ['--address', layout.containerdSocket, '--namespace', 'k8s.io', 'images', 'import'];
  const { code, stderr } = await runCommand({
    file: supplies.hostPrograms.ctr,
    args: [...args, archivePath],
    timeoutMs: importTimeoutMs,
  });
  if (code !== 0) throw new Error(`${archivePath} cannot be imported: ${stderr.trim()}`);
}

async function untilSocketAnswers(plan: NodePlan): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs;
  while (!(await answers(plan.layout.containerdSocket))) {
    failIfEnded(plan, 'containerd');
    if (Date.now() > deadline) throw partError(plan, 'containerd', 'not ready in time');
    await sleep(pollIntervalMs);
  }
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once('connect', () => resolve(true));
    connection.once('error', () => resolve(false));
    connection.once('close', () => resolve(false));
    connection.unref();
    connection.once('connect', () => connection.destroy());
  });
}

/** @throws Error with a program's last words when it has ended */
export function failIfEnded(plan: NodePlan, name: string): void {
  const outcome = plan.processes.outcomes.get(name);
  if (outcome !== undefined) throw partError(plan, name, outcome);
}

function partError(plan: NodePlan, name: string, outcome: string): Error {
  const tail = logLines(plan.layout.log(name), logTailLines);
  return new Error(`${name} failed (${outcome}). The last lines of its log:\n${tail}`);
}
