// Everything a shop needs before there is one: containers that run, with the images that a store renders, and the operator
// among them, installed as an administrator would.
import { assembleImages } from '../images/assemble-images.ts';
import type { Cluster, ClusterAccess } from '../cluster/cluster.ts';
import { installOperator } from '../helm-command.ts';
import type { RealNode } from '../node/real-node.ts';
import { startNode } from '../node/start-node.ts';
import { kubectl } from './demo-store.ts';

/** How to make it. */
export interface PlatformOptions {
  /** Tags of the storefront's images; default that of the smallest sample. */
  readonly storefrontVersions?: readonly [string, ...string[]];
  /** Called when something is done. */
  readonly onStep?: (name: string) => void;
  /** Called with what is worth knowing on the way. */
  readonly onMessage?: (line: string) => void;
}

/** What a demo needs of a platform. */
export interface ShopPlatform extends ClusterAccess, Pick<Cluster, 'address'> {
  /** A port on the host's loopback behind which the ingress controller answers over TLS. */
  openHttps(): Promise<number>;
  /** Ends everything and leaves nothing behind. */
  stop(): Promise<void>;
}

const httpsPort = 443;
const operatorStep = 'helm install dhakacart-operator: two replicas are ready';

async function archives({ onStep, onMessage, storefrontVersions }: PlatformOptions) {
  const images = await assembleImages({
    onMessage: onMessage ?? (() => undefined),
    ...(storefrontVersions && { storefrontVersions }),
  });
  onStep?.(`${images.length} images`);
  return images.map(({ path }) => path);
}

/**
 * Starts a node with the operator; the caller stops it.
 * @throws NodeObstacleError where no node can run; Error with what failed
 */
export async function startShopNode(options: PlatformOptions = {}): Promise<RealNode> {
  const { onStep, onMessage } = options;
  const node = await startNode({
    images: await archives(options),
    onProgress: ({ name }) => onStep?.(name),
    ...(onMessage && { onMessage }),
  });
  try {
    await installOperator(node.kubeconfigPath);
    onStep?.(operatorStep);
    return node;
  } catch (error) {
    await node.stop();
    throw error;
  }
}

/** The platform on a node of this machine. */
export async function nodePlatform(options: PlatformOptions): Promise<ShopPlatform> {
  const node = await startShopNode(options);
  return { ...node, openHttps: () => node.openDoor(node.nodeAddress, httpsPort) };
}

/** The platform in Docker, where a node cannot run. */
export async function dockerPlatform(options: PlatformOptions): Promise<ShopPlatform> {
  const { onStep, onMessage } = options;
  const paths = await archives(options);
  // Testcontainers takes half a second to load, and most demos do not need it.
  const { startK3sCluster } = await import('../cluster/k3s-cluster.ts');
  const k3s = await startK3sCluster({
    ingress: true,
    onProgress: ({ name }) => onStep?.(name),
    ...(onMessage && { onMessage }),
  });
  try {
    for (const path of paths) await k3s.importImage(path);
    onStep?.('images imported');
    await kubectl(k3s, ['wait', '--for=create', 'ingressclass/traefik', '--timeout=180s']);
    onStep?.('ingress controller');
    await installOperator(k3s.kubeconfigPath);
    onStep?.(operatorStep);
    const { httpsPort: port } = k3s;
    if (port === undefined) throw new Error('K3s runs without its ingress controller');
    return { ...k3s, openHttps: () => Promise.resolve(port) };
  } catch (error) {
    await k3s.stop();
    throw error;
  }
}
