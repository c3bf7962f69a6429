import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { closeSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type {
  ProcessSpecification,
  SupervisorReport,
  SupervisorRequest,
} from './supervisor-protocol.ts';

const SPAWN_PATIENCE_MS = 15_000;
const EXIT_PATIENCE_MS = 15_000;

/** The processes of one cluster, run by a supervisor that dies after, and because of, its parent. */
export class SupervisedProcesses {
  readonly pids: Record<string, number> = {};
  /** How each process that is not running any more ended, such as `exit code 1`. */
  readonly outcomes = new Map<string, string>();
  /** Of each process that has started since it was asked for, whether it still runs or not. */
  readonly #startedPids = new Map<string, number>();
  readonly #supervisor: ChildProcess;
  readonly #reports = new EventEmitter();

  /** Starts the supervisor, which owns `dataFolder` from now on and removes it at the end. */
  constructor(dataFolder: string) {
    const log = openSync(join(dataFolder, 'supervisor.log'), 'a');
    const script = fileURLToPath(new URL('supervisor.ts', import.meta.url));
    this.#supervisor = spawn(nodeForTypeScript(), [script, dataFolder], {
      stdio: ['ignore', log, log, 'ipc'],
      detached: true, // Ctrl-C reaches the parent only, which then stops the cluster in order
    });
    closeSync(log);
    this.#supervisor.on('message', (report: SupervisorReport) => this.#record(report));
    this.#supervisor.on('error', (error) => this.outcomes.set('supervisor', error.message));
    this.#supervisor.once('exit', () => this.#supervisorEnded(dataFolder));
    // A parent that has finished its work must be able to exit although its cluster still runs.
    this.#supervisor.unref();
    this.#supervisor.channel?.unref();
  }

  /** Starts a process; resolves with its process id, also when it has ended by then: `outcomes` tells. */
  async start(specification: ProcessSpecification): Promise<number> {
    const { name } = specification;
    this.outcomes.delete(name);
    this.#startedPids.delete(name);
    this.#send({ type: 'start', process: specification });
    await this.#until(
      () => this.#startedPids.has(name) || this.outcomes.has(name),
      SPAWN_PATIENCE_MS,
    );
    const pid = this.#startedPids.get(name);
    if (pid === undefined) {
      throw new Error(`${name} did not start: ${this.outcomes.get(name) ?? 'no answer'}`);
    }
    return pid;
  }

  /** Kills a process and waits until it is gone; nothing happens when it does not run. */
  async kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!(name in this.pids)) return;
    this.#send({ type: 'kill', name, signal });
    await this.#until(() => !(name in this.pids), EXIT_PATIENCE_MS);
    if (name in this.pids) throw new Error(`${name} is still running after ${signal}`);
  }

  /** Kills everything, waits until the supervisor has removed the data folder. */
  async stop(): Promise<void> {
    if (this.#supervisor.exitCode !== null || this.#supervisor.signalCode !== null) return;
    const exited = once(this.#supervisor, 'exit');
    if (this.#supervisor.connected) this.#send({ type: 'stop' });
    const patience = setTimeout(() => this.#supervisor.kill('SIGKILL'), EXIT_PATIENCE_MS);
    await exited;
    clearTimeout(patience);
  }

  #send(request: SupervisorRequest): void {
    if (!this.#supervisor.connected) throw new Error('the cluster has already been stopped');
    this.#supervisor.send(request);
  }

  #record(report: SupervisorReport): void {
    if (report.type === 'started') {
      this.pids[report.name] = report.pid;
      this.#startedPids.set(report.name, report.pid);
    } else {
      Reflect.deleteProperty(this.pids, report.name);
      this.outcomes.set(report.name, report.outcome);
    }
    this.#reports.emit('change');
  }

  /** Nobody asked for it? Then somebody killed it: its components end with it, the rest is ours. */
  #supervisorEnded(dataFolder: string): void {
    for (const name of Object.keys(this.pids)) {
      this.#record({ type: 'exited', name, outcome: 'the supervisor has ended' });
    }
    rmSync(dataFolder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #until(condition: () => boolean, timeoutMs: number): Promise<void> {
    const deadline = AbortSignal.timeout(timeoutMs);
    const keepAlive = setTimeout(() => undefined, timeoutMs); // the channel alone would not
    try {
      while (!condition()) await once(this.#reports, 'change', { signal: deadline });
    } catch (error) {
      if (!deadline.aborted) throw error;
    } finally {
      clearTimeout(keepAlive);
    }
  }
}

/** This Node if it runs TypeScript directly (a test runner may be on an older one), else the pinned one. */
function nodeForTypeScript(): string {
  if (process.features.typescript) return process.execPath;
  return fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));
}
