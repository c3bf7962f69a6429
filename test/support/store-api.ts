// Stores at a real API server as dry runs: validated, defaulted, not stored.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import type { ClusterAccess } from '../../dev/cluster/cluster.ts';
import { type ApiClient, apiClient, type ApiResponse } from './api-client.ts';
import { mustRun, sharedCluster } from './cluster.ts';

/** The committed definition of a store. */
export const definitionPath = fileURLToPath(
  new URL('../../crds/dhakacart.io_dhakacartstores.yaml', import.meta.url),
);

/** What a test may say about a dry run. */
export interface DryRun {
  readonly name?: string;
  readonly fieldValidation?: 'Ignore' | 'Strict' | 'Warn';
}

/** Dry runs against the shared cluster. */
export interface StoreApi {
  readonly client: ApiClient;
  /** Creates a store with `dryRun=All`. */
  create(spec: unknown, options?: DryRun): Promise<ApiResponse>;
}

/** The shared cluster with the committed definition, for the tests of the current `describe`. */
export function withStoreApi(): () => StoreApi {
  let client: ApiClient | undefined;
  beforeAll(async () => {
    const cluster = sharedCluster();
    await installDefinition(cluster);
    client = apiClient(cluster.kubeconfigPath);
  });
  afterAll(() => client?.close());
  return () => {
    if (client === undefined) throw new Error('the API exists inside of tests and hooks only');
    return storeApi(client);
  };
}

async function installDefinition(cluster: ClusterAccess): Promise<void> {
  await mustRun(cluster, ['apply', '--server-side', '--force-conflicts', '-f', definitionPath]);
  const definition = readFileSync(definitionPath, 'utf8');
  const args = ['wait', '--for=condition=Established', '--timeout=30s', '-f', '-'];
  await mustRun(cluster, args, definition);
}

function storeApi(client: ApiClient): StoreApi {
  return {
    client,
    create: (spec, { name = 'dhaka', fieldValidation = 'Ignore' } = {}) =>
      client.request(
        'POST',
        `/apis/dhakacart.io/v1alpha1/namespaces/default/dhakacartstores?dryRun=All&fieldValidation=${fieldValidation}`,
        {
          body: {
            apiVersion: 'dhakacart.io/v1alpha1',
            kind: 'DhakaCartStore',
            metadata: { name },
            spec,
          },
        },
      ),
  };
}
