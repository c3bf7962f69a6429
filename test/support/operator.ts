// Operators for integration tests: in this process, where speed matters, or as a process of its own that can be killed.
// Both run as the ServiceAccount of the chart, never as an admin.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import type { Cluster } from '../../dev/cluster/cluster.ts';
import { installOperatorRole } from '../../dev/operator-role.ts';
import { type RunningOperator, startOperator } from '../../operator/app.ts';
import { parseConfig } from '../../operator/config.ts';
import type { Logger } from '../../operator/log.ts';
import {
  defaultSettings,
  type RuntimeSettings,
  type SettingsOverrides,
  withSettings,
} from '../../operator/runtime/settings.ts';

/** Building helm may be part of the first start. */
const startTimeoutMs = 400_000;

const listenLocally = [
  '--metrics-bind-address=127.0.0.1:0',
  '--health-probe-bind-address=127.0.0.1:0',
];

/** What a test may replace of an operator in this process. */
export interface OperatorVariation {
  /** Default `defaultSettings`. */
  readonly settings?: RuntimeSettings;
  readonly flags?: readonly string[];
  /** Default silent, or the level of OPERATOR_LOG_LEVEL. */
  readonly log?: Logger;
}

/** Starts an operator in this process. */
export function startOperatorAs(
  kubeconfig: string,
  { settings = defaultSettings, flags = [], log }: OperatorVariation,
): Promise<RunningOperator> {
  const config = parseConfig([`--kubeconfig=${kubeconfig}`, ...listenLocally, ...flags], {});
  if (config === 'help') throw new Error('no help was asked for');
  const level = process.env['OPERATOR_LOG_LEVEL'] ?? 'silent';
  return startOperator({ config, log: log ?? pino({ level }), settings });
}

/** Starts an operator in this process with some settings replaced. */
export function startTestOperator(
  kubeconfig: string,
  overrides: SettingsOverrides = {},
  flags: readonly string[] = [],
): Promise<RunningOperator> {
  return startOperatorAs(kubeconfig, { settings: withSettings(defaultSettings, overrides), flags });
}

/** Installs what the chart gives an operator of some namespaces, none standing for all, and starts it with that. */
async function startReleased(
  cluster: Cluster,
  overrides: SettingsOverrides,
  namespaces: readonly string[],
): Promise<RunningOperator> {
  const values = namespaces.length === 0 ? [] : [`watchNamespaces={${namespaces.join()}}`];
  const kubeconfig = await installOperatorRole(cluster, { values });
  return startTestOperator(kubeconfig, overrides, [`--watch-namespaces=${namespaces.join()}`]);
}

/** An operator for the tests of the current `describe`, of all namespaces if none is named. */
export function withOperator(
  cluster: () => Cluster,
  overrides: SettingsOverrides = {},
  namespaces: () => readonly string[] = () => [],
): () => RunningOperator {
  let operator: RunningOperator | undefined;
  beforeAll(async () => {
    operator = await startReleased(cluster(), overrides, namespaces());
  }, startTimeoutMs);
  afterAll(async () => {
    await operator?.stop();
  });
  return () => {
    if (operator === undefined)
      throw new Error('the operator exists inside of tests and hooks only');
    return operator;
  };
}

const mainFile = fileURLToPath(new URL('../../operator/main.ts', import.meta.url));

/** An operator as a process of its own. */
export class OperatorProcess {
  readonly child: ChildProcess;
  output = '';

  constructor(kubeconfig: string, flags: readonly string[] = [], program: string = mainFile) {
    this.child = spawn(
      process.execPath,
      [program, `--kubeconfig=${kubeconfig}`, ...listenLocally, ...flags],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_COMPILE_CACHE: '' } },
    );
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
  }

  /** Ends it; resolves to its exit code, or null after SIGKILL. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }
}
