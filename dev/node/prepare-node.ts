import { realHost } from '../binaries/host-probes.ts';
import { ensureHostPrograms } from './host-programs.ts';
import type { HostPrograms } from './host-programs.ts';
import { loadKernelModules } from './kernel-modules.ts';
import { ensureNodeImages } from './node-images.ts';
import { nodeObstacle } from './node-obstacle.ts';
import { ensureNodePrograms } from './node-programs.ts';
import type { NodePrograms } from './node-programs.ts';

/** What must be there before a node can start, and stays for the next one. */
export interface NodeSupplies {
  readonly hostPrograms: HostPrograms;
  readonly programs: NodePrograms;
  /** Archives of the images of the node's own pods. */
  readonly images: readonly string[];
}

/** A node of containers cannot run on this machine; the message says why. */
export class NodeObstacleError extends Error {
  override readonly name = 'NodeObstacleError';
}

/**
 * Gets what a node needs: packages of the system, programs, images. The first time that takes minutes, since programs
 * are built; afterwards nothing.
 * @throws NodeObstacleError when this machine cannot run a node; Error with what cannot be had
 */
export async function prepareNode(onMessage: (line: string) => void): Promise<NodeSupplies> {
  const host = realHost();
  refuseIfObstructed();
  const hostPrograms = await ensureHostPrograms(host, onMessage);
  loadKernelModules();
  refuseIfObstructed(); // what the kernel lacks shows only with the programs that ask it
  const programs = await ensureNodePrograms({ host, onMessage });
  return { hostPrograms, programs, images: await ensureNodeImages(programs, host) };
}

function refuseIfObstructed(): void {
  const obstacle = nodeObstacle();
  if (obstacle !== undefined) throw new NodeObstacleError(obstacle);
}
