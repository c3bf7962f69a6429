// The store of a demo, as its owner makes it, whatever cluster is under it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import type { ClusterAccess } from '../cluster/cluster.ts';

/** The smallest store, as the repository has it. */
export const minimalSample = fileURLToPath(
  new URL('../../crds/samples/minimal.yaml', import.meta.url),
);

/** Its name. */
export const storeName = 'dhaka';

/** The API's own command for a catalogue to try things with. */
export const seedCommand = ['/nodejs/bin/node', '/app/storefront-api.mjs', 'seed'] as const;

/** A machine under load gets ample time; on one of its own a shop is Ready within half a minute. */
const readyTimeoutSeconds = 300;

/**
 * Runs kubectl and returns what it printed.
 * @throws Error with kubectl's own words
 */
export async function kubectl(
  cluster: ClusterAccess,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const { stdout, stderr, code } = await cluster.kubectl(args, {
    timeoutMs: (readyTimeoutSeconds + 10) * 1_000,
    ...(input !== undefined && { input }),
  });
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`);
  return stdout;
}

/** The sample for another host. */
export function sampleFor(host: string): string {
  const store = parse(readFileSync(minimalSample, 'utf8')) as { readonly spec: object };
  return stringify({ ...store, spec: { ...store.spec, hosts: [host] } });
}

/**
 * Waits until the store is Ready.
 * @throws Error with the store's own account of why it is not
 */
export async function waitUntilReady(cluster: ClusterAccess): Promise<void> {
  const timeout = `--timeout=${readyTimeoutSeconds}s`;
  try {
    await kubectl(cluster, ['wait', '--for=condition=Ready', `dcs/${storeName}`, timeout]);
  } catch (error) {
    const { stdout } = await cluster.kubectl(['describe', 'dcs', storeName]);
    throw new Error(`${(error as Error).message}\n\n${stdout}`, { cause: error });
  }
}
