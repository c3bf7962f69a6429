// Global setup of the end-to-end tests: what a node needs is got once, which takes minutes the first time. Where no node
// can run, one line says why, and the tests are skipped.

import type { TestProject } from 'vitest/node';
import { realHost } from '../../dev/binaries/host-probes.ts';
import { canInstall, installPackages } from '../../dev/node/host-programs.ts';
import { nodeObstacle } from '../../dev/node/node-obstacle.ts';
import { prepareNode } from '../../dev/node/prepare-node.ts';
import { findChromium } from './browser.ts';

declare module 'vitest' {
  /** What the global setup hands to the test workers. */
  interface ProvidedContext {
    /** Why no node can run here, or empty. */
    readonly nodeObstacle: string;
  }
}

type Say = (line: string) => void;

/** Without one the tests in a browser are skipped. */
async function prepareChromium(say: Say): Promise<void> {
  if (findChromium() !== undefined || !canInstall(realHost())) return;
  say('installing chromium with apt-get, because the page is tried in a browser');
  try {
    await installPackages(['chromium']);
  } catch (error) {
    say(`tests in a browser skipped: ${(error as Error).message}`);
  }
}

/** Gets the supplies; the nodes themselves belong to the test files. */
export async function setup(project: TestProject): Promise<void> {
  const say: Say = (line) => void process.stderr.write(`${line}\n`);
  const obstacle = nodeObstacle();
  project.provide('nodeObstacle', obstacle ?? '');
  if (obstacle !== undefined) return say(`end-to-end tests skipped: ${obstacle}`);
  await prepareNode(say);
  await prepareChromium(say);
}
