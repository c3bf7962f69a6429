// Everything a shop needs before there is one: a node of containers with the images that a store renders, and the operator
// in it, installed as an administrator would.
import { assembleImages } from '../images/assemble-images.ts';
import { installOperator } from '../helm-command.ts';
import type { RealNode } from '../node/real-node.ts';
import { startNode } from '../node/start-node.ts';

/** How to make it. */
export interface PlatformOptions {
  /** Tags of the storefront's images; default that of the smallest sample. */
  readonly storefrontVersions?: readonly [string, ...string[]];
  /** Called when something is done. */
  readonly onStep?: (name: string) => void;
  /** Called with what is worth knowing on the way. */
  readonly onMessage?: (line: string) => void;
}

/**
 * Starts a node with the operator; the caller stops it.
 * @throws NodeObstacleError where no node can run; Error with what failed
 */
export async function startShopPlatform(options: PlatformOptions = {}): Promise<RealNode> {
  const { onStep = () => undefined, onMessage = () => undefined, storefrontVersions } = options;
  const images = await assembleImages({
    onMessage,
    ...(storefrontVersions && { storefrontVersions }),
  });
  onStep(`${images.length} images`);
  const node = await startNode({
    images: images.map(({ path }) => path),
    onProgress: ({ name }) => onStep(name),
    onMessage,
  });
  try {
    await installOperator(node.kubeconfigPath);
    onStep('helm install dhakacart-operator: two replicas are ready');
    return node;
  } catch (error) {
    await node.stop();
    throw error;
  }
}
