// The operator's settings: a flag, else an environment variable, else the default. Everything is checked before anything
// starts, and each error names the setting and what to write instead.
import { parseArgs } from 'node:util';
import { type LogLevel, logLevels } from './log.ts';

/** Settings of the operator process. */
export interface OperatorConfig {
  readonly kubeconfig: string | undefined;
  readonly namespace: string;
  /** Namespaces of the stores; none: all of them. */
  readonly watchNamespaces: readonly string[];
  readonly leaderElect: boolean;
  readonly concurrency: number;
  readonly metricsAddress: ListenAddress;
  readonly healthAddress: ListenAddress;
  readonly logLevel: LogLevel;
  readonly podName: string;
}

/** Where a server listens. */
export interface ListenAddress {
  /** Undefined: every address, of IPv6 and IPv4; of IPv4 alone where the kernel has no IPv6. */
  readonly host: string | undefined;
  readonly port: number;
}

/** A setting that cannot be used; the message says what to write. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

interface Flag {
  readonly env: string;
  readonly fallback: string;
  readonly value: string;
  readonly help: string;
}

const flags = {
  kubeconfig: {
    env: 'KUBECONFIG',
    fallback: '',
    value: 'FILE',
    help: 'kubeconfig of the cluster; empty: ~/.kube/config, or the ServiceAccount of the pod',
  },
  namespace: {
    env: 'POD_NAMESPACE',
    fallback: 'dhakacart-system',
    value: 'NAME',
    help: 'namespace of the leader election Lease',
  },
  'watch-namespaces': {
    env: 'WATCH_NAMESPACES',
    fallback: '',
    value: 'NAME,NAME',
    help: 'serve stores in these namespaces alone, with a Role in each; empty: all, with a ClusterRole',
  },
  'leader-elect': {
    env: 'LEADER_ELECT',
    fallback: 'true',
    value: 'true|false',
    help: 'act only while holding the Lease; needed with more than one replica',
  },
  concurrency: {
    env: 'CONCURRENCY',
    fallback: '10',
    value: '1..100',
    help: 'stores reconciled at once',
  },
  'metrics-bind-address': {
    env: 'METRICS_BIND_ADDRESS',
    fallback: ':8080',
    value: '[HOST]:PORT',
    help: 'where /metrics is served; no host: on every address, IPv6 too; port 0 takes a free one',
  },
  'health-probe-bind-address': {
    env: 'HEALTH_PROBE_BIND_ADDRESS',
    fallback: ':8081',
    value: '[HOST]:PORT',
    help: 'where /healthz and /readyz are served; port 0 takes a free one',
  },
  'log-level': {
    env: 'LOG_LEVEL',
    fallback: 'info',
    value: logLevels.join('|'),
    help: 'least severe level that is logged',
  },
  'pod-name': {
    env: 'POD_NAME',
    fallback: '',
    value: 'NAME',
    help: 'identity in the Lease; empty: host name and process',
  },
} as const satisfies Record<string, Flag>;

type FlagName = keyof typeof flags;

/** Text of `--help`. */
export function helpText(): string {
  const lines = Object.entries(flags).map(([name, flag]) => {
    const left = `  --${name}=${flag.value}`;
    const origin = `[${flag.env}, default ${flag.fallback === '' ? 'empty' : flag.fallback}]`;
    return `${left}\n        ${flag.help} ${origin}`;
  });
  return `Usage: operator [flags]

Reconciles DhakaCartStore resources (dhakacart.io/v1alpha1) of one cluster.

${lines.join('\n')}
  --help
        this text
`;
}

function parseFlags(args: readonly string[]): Partial<Record<FlagName | 'help', string | boolean>> {
  const options = Object.fromEntries(
    Object.keys(flags).map((name) => [name, { type: 'string' as const }]),
  );
  try {
    return parseArgs({
      args: [...args],
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: false,
    }).values;
  } catch (cause) {
    const words = (cause as Error).message.split('. ')[0] ?? '';
    throw new ConfigError(`${words}; see --help for the flags`, { cause });
  }
}

function address(name: FlagName, text: string): ListenAddress {
  const match = /^(.*):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new ConfigError(
      `--${name}: "${text}" is not [HOST]:PORT, for example :8080 or 127.0.0.1:8080`,
    );
  }
  return { host: match[1]?.replace(/^\[(.*)\]$/, '$1') || undefined, port };
}

function integer(name: FlagName, text: string, bounds: readonly [number, number]): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < bounds[0] || value > bounds[1]) {
    throw new ConfigError(
      `--${name}: "${text}" is not a whole number from ${bounds[0]} to ${bounds[1]}`,
    );
  }
  return value;
}

function oneOf<Choice extends string>(
  name: FlagName,
  text: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) {
    throw new ConfigError(`--${name}: "${text}" is not one of ${choices.join(', ')}`);
  }
  return choice;
}

/** Each costs a watch, and with it a connection, for each kind. */
const maxNamespaces = 50;

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names */
const namespaceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

function namespaces(name: FlagName, text: string): readonly string[] {
  const names = text === '' ? [] : text.split(',').map((each) => each.trim());
  const malformed = names.find((each) => !namespaceName.test(each));
  if (malformed !== undefined) {
    throw new ConfigError(
      `--${name}: "${malformed}" is not the name of a namespace; write names with commas between them, such as shop-a,shop-b`,
    );
  }
  const twice = names.find((each, index) => names.indexOf(each) !== index);
  if (twice !== undefined) {
    throw new ConfigError(`--${name}: ${twice} is there twice; write each namespace once`);
  }
  if (names.length > maxNamespaces) {
    throw new ConfigError(
      `--${name}: ${names.length} namespaces are more than ${maxNamespaces}; watch all of them by leaving it empty`,
    );
  }
  return names;
}

/**
 * Reads flags and environment.
 * @returns 'help' when the help text was asked for
 * @throws ConfigError on the first setting that cannot be used
 */
export function parseConfig(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): OperatorConfig | 'help' {
  const given = parseFlags(args);
  if (given.help === true) return 'help';
  const text = (name: FlagName): string =>
    (given[name] as string | undefined) ?? (env[flags[name].env] || flags[name].fallback);
  return {
    // KUBECONFIG may name several files; the kubeconfig loader reads it itself.
    kubeconfig: (given.kubeconfig as string | undefined) || undefined,
    namespace: text('namespace'),
    watchNamespaces: namespaces('watch-namespaces', text('watch-namespaces')),
    leaderElect: oneOf('leader-elect', text('leader-elect'), ['true', 'false']) === 'true',
    concurrency: integer('concurrency', text('concurrency'), [1, 100]),
    metricsAddress: address('metrics-bind-address', text('metrics-bind-address')),
    healthAddress: address('health-probe-bind-address', text('health-probe-bind-address')),
    logLevel: oneOf('log-level', text('log-level'), logLevels),
    podName: text('pod-name'),
  };
}
