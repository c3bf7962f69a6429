import type { Cluster, ClusterOptions } from '../cluster/cluster.ts';

/** The node's programs beside the control plane, which can be restarted one by one. */
export const NODE_PARTS = ['containerd', 'kubelet', 'kube-proxy', 'kube-router'] as const;

/** One of those programs. */
export type NodePart = (typeof NODE_PARTS)[number];

/** What runs as pods of the node's own, beside DNS, which always does. */
export const ADDONS = ['metrics', 'ingress'] as const;

/** One of those. */
export type Addon = (typeof ADDONS)[number];

/** How to start a node; every field has a default. */
export interface NodeOptions
  extends Pick<
    ClusterOptions,
    'auditLog' | 'hpaSyncPeriodSeconds' | 'extraFlags' | 'onProgress' | 'onMessage'
  > {
  /** Default all. */
  readonly addons?: readonly Addon[];
  /** Archives of images to import beside the node's own, as `importImage` takes them. */
  readonly images?: readonly string[];
}

/**
 * A Kubernetes node in an enclosure on this machine, with its control plane. Its kubeconfig names a door on the host's
 * loopback; nothing else of it can be reached from outside without a further door.
 */
export interface RealNode extends Cluster {
  /**
   * Imports the images of an OCI or Docker archive; pods use them by their names with `imagePullPolicy: IfNotPresent`.
   * @throws Error with what containerd said
   */
  importImage(archivePath: string): Promise<void>;
  /**
   * A TCP port on the host's 127.0.0.1 whose connections lead to an address inside the node's network. They come from
   * the node itself, which NetworkPolicy does not keep away from its own pods.
   * @param host an IP address: of a pod, of a Service, or the node's own
   */
  openDoor(host: string, port: number): Promise<number>;
  /** Closes a door; connections through it go on. */
  closeDoor(port: number): Promise<void>;
  /** The node's own address; the ingress controller answers at its ports 80 and 443. */
  readonly nodeAddress: string;
  /** Runs a program of the host inside the enclosure, as root. */
  runInside(file: string, args: readonly string[]): ReturnType<Cluster['kubectl']>;
  /** SIGKILL and the same flags again; pods go on meanwhile. Resolves when the process runs. */
  restartPart(part: NodePart): Promise<void>;
  /** The tail of a program's log. */
  partLog(part: NodePart, lines?: number): string;
}
