// Global setup of the end-to-end tests: what a node needs is got once, which takes minutes the first time. Where no node
// can run, one line says why, and the tests are skipped.

import type { TestProject } from 'vitest/node';
import { nodeObstacle } from '../../dev/node/node-obstacle.ts';
import { prepareNode } from '../../dev/node/prepare-node.ts';

declare module 'vitest' {
  /** What the global setup hands to the test workers. */
  interface ProvidedContext {
    /** Why no node can run here, or empty. */
    readonly nodeObstacle: string;
  }
}

/** Gets the supplies; the nodes themselves belong to the test files. */
export async function setup(project: TestProject): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const obstacle = nodeObstacle();
  project.provide('nodeObstacle', obstacle ?? '');
  if (obstacle === undefined) await prepareNode(say);
  else say(`end-to-end tests skipped: ${obstacle}`);
}
