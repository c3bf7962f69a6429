// The process between a cluster and whoever started it: the parent of every component.
//
// It outlives its own parent by a moment on purpose. However the parent ends, SIGKILL included, the
// kernel closes the IPC channel; the supervisor then kills every component and removes the data
// folder. Should the supervisor itself be killed, the components see their standard input close
// (dev/control-plane/parent.go) and end too. Run as: node supervisor.ts <data folder>

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import type {
  ProcessSpecification,
  SupervisorReport,
  SupervisorRequest,
} from './supervisor-protocol.ts';
import { withoutProxies } from './without-proxies.ts';

const KILL_PATIENCE_MS = 3_000;
let stopPatienceLimitMs = KILL_PATIENCE_MS;
const children = new Map<string, ChildProcess>();
const stopSignals = new Map<ChildProcess, NodeJS.Signals>();
const dataFolder = process.argv[2];
let stopping = false;

function report(message: SupervisorReport): void {
  if (process.connected) process.send?.(message);
}

function start(specification: ProcessSpecification): void {
  const { name, file, args, logPath, uid, gid, stopSignal, stopPatienceMs = 0 } = specification;
  const log = openSync(logPath, 'a');
  const child = spawn(file, args, {
    stdio: ['pipe', log, log],
    env: { ...withoutProxies(process.env), KUBECP_EXIT_ON_STDIN_CLOSE: '1' },
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
  });
  if (stopSignal !== undefined) stopSignals.set(child, stopSignal);
  stopPatienceLimitMs = Math.max(stopPatienceLimitMs, stopPatienceMs);
  closeSync(log);
  children.set(name, child);
  child.stdin?.on('error', () => undefined); // a dead component's pipe is no news
  child.once('spawn', () => report({ type: 'started', name, pid: child.pid ?? 0 }));
  child.once('error', (error) => ended(name, child, error.message));
  child.once('exit', (code, signal) => {
    ended(name, child, signal === null ? `exit code ${code}` : `signal ${signal}`);
  });
}

function ended(name: string, child: ChildProcess, outcome: string): void {
  if (children.get(name) === child) children.delete(name);
  report({ type: 'exited', name, outcome });
}

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  const running = [...children.values()];
  for (const child of running) child.kill(stopSignals.get(child) ?? 'SIGKILL');
  const all = Promise.all(running.map(hasExited));
  await Promise.race([all, new Promise((resolve) => setTimeout(resolve, stopPatienceLimitMs))]);
  for (const child of running) child.kill('SIGKILL'); // no news to one that is gone
  if (dataFolder !== undefined) rmSync(dataFolder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
}

function hasExited(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

process.on('message', (request: SupervisorRequest) => {
  if (stopping) return;
  if (request.type === 'start') start(request.process);
  else if (request.type === 'kill') children.get(request.name)?.kill(request.signal);
  else void stop();
});
process.on('disconnect', () => void stop());
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.on(signal, () => void stop());
