import type { ControlPlaneBinaries } from '../binaries/control-plane-binaries.ts';

/** The parts of a control plane that can be left out, stopped and restarted one by one. */
export const COMPONENTS = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
] as const;

/** One of those parts. */
export type Component = (typeof COMPONENTS)[number];

/** What a command printed, and how it ended. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Options of one kubectl call: text for its standard input, another identity's kubeconfig, a limit. */
export interface KubectlOptions {
  readonly input?: string;
  readonly kubeconfig?: string;
  /** Default 60 000; the call is killed then, and its code is -1. */
  readonly timeoutMs?: number;
}

/** Whom a kubeconfig speaks for: a person with groups, or a service account. */
export type Identity =
  | { readonly user: string; readonly groups?: readonly string[] }
  | { readonly serviceAccount: { readonly namespace: string; readonly name: string } };

/** The use of a running cluster, from any process on the same machine. */
export interface ClusterAccess {
  /** Path of a kubeconfig with cluster-admin rights. */
  readonly kubeconfigPath: string;
  /** Such as `https://127.0.0.1:34567`. */
  readonly server: string;
  /** JSON lines, one `audit.k8s.io/v1` Event for each stage; undefined when there is no audit log. */
  readonly auditLogPath: string | undefined;
  /** Runs kubectl; never throws for a non-zero exit code. */
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<CommandResult>;
  /** Path of a kubeconfig for `identity`, made on first use. A service account must exist already. */
  kubeconfigFor(identity: Identity): Promise<string>;
}

/** A running cluster and the power over its life. */
export interface Cluster extends ClusterAccess {
  /** Process ids of the components that run now; empty for a cluster that was only lent to us. */
  readonly pids: Readonly<Record<string, number>>;
  /** What `openCluster` needs in another process, such as a test worker; plain data. */
  readonly address: ClusterAddress;
  /** The tail of a component's log. */
  logTail(component: Component, lines?: number): string;
  /** SIGKILL, a pause of `downMs` (default 0), the same flags, ports and data again, until it is ready. */
  restart(component: Component, options?: { readonly downMs?: number }): Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  stopComponent(component: Component): Promise<void>;
  /** Starts a stopped component again; resolves when it is ready. */
  startComponent(component: Component): Promise<void>;
  /** Ends every process and removes the data folder. */
  stop(): Promise<void>;
}

/** Everything another process must know to use a cluster. Plain data: it crosses process borders. */
export interface ClusterAddress {
  readonly kubeconfigPath: string;
  readonly server: string;
  readonly auditLogPath: string | undefined;
  readonly kubectl: { readonly file: string; readonly args: readonly string[] };
  /** Where kubeconfigs for other identities are written. */
  readonly identitiesFolder: string;
  /** Folder of the cluster's keys; undefined when the cluster is not ours. */
  readonly pkiFolder: string | undefined;
}

/** One finished step of the start, for progress lines. */
export interface StartStep {
  readonly name: string;
  readonly elapsedMs: number;
}

/** How to start a cluster. Every field has a default that suits a test. */
export interface ClusterOptions {
  /** Nodes that kwok plays; default 3, none without kwok. */
  readonly nodes?: number;
  /** How many pods one node takes; default 500. */
  readonly podsPerNode?: number;
  /** Volumes of 1 TiB in the default storage class; a claim binds one of them for good (default 50). */
  readonly volumes?: number;
  /** Which parts to run; default all whose programs were found. etcd and the API server always run. */
  readonly components?: readonly Component[];
  /** Default true. It costs the API server some throughput: leave it out of benchmarks. */
  readonly auditLog?: boolean;
  /** Seconds between two looks of the HorizontalPodAutoscaler controller; default 2. */
  readonly hpaSyncPeriodSeconds?: number;
  /** Requests per second the controller manager and the scheduler may send; default 1 000. */
  readonly controllerQps?: number;
  /** Port of the API server; default a free one. */
  readonly port?: number;
  /** Further flags, after ours, so that they win. */
  readonly extraFlags?: Readonly<Partial<Record<Component, readonly string[]>>>;
  /** Further names or IPv4 addresses the serving certificate is valid for. */
  readonly extraHosts?: readonly string[];
  /** Called after each step of the start. */
  readonly onProgress?: (step: StartStep) => void;
  /** Called with the sentence that says where the programs come from, and with build progress. */
  readonly onMessage?: (line: string) => void;
  /** Programs to use in place of a search for them. */
  readonly binaries?: ControlPlaneBinaries;
}
