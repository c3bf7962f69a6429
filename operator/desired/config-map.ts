// What the programs read at their start. The API's file is checked by its own `config.ts`.
import type { IConfigMap } from 'kubernetes-models/v1';
import type { Store } from '../../crds/store/store.ts';
import { apiBasePath, type ComponentName, fileNames } from '../names.ts';
import { childMetadata } from './child-metadata.ts';
import type { Manifest } from './desired-object.ts';

function apiConfig(store: Store): unknown {
  const { hosts, maintenance, security } = store.spec;
  const ownOrigins = hosts.map((host) => `https://${host}`);
  return {
    storeName: store.metadata.name,
    hosts,
    allowedOrigins: [...new Set([...ownOrigins, ...security.cors.allowedOrigins])],
    rateLimits: security.rateLimits,
    sessions: security.sessions,
    trustedProxyHops: security.trustedProxyHops,
    maintenance,
  };
}

function webConfig(store: Store): unknown {
  return { apiBaseUrl: apiBasePath, hosts: store.spec.hosts };
}

/** The text of a component's `config.json`: the same spec, the same bytes. */
export function configText(store: Store, component: ComponentName): string {
  const config = component === 'api' ? apiConfig(store) : webConfig(store);
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** The ConfigMap with a component's `config.json`. */
export function configMap(store: Store, component: ComponentName): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: childMetadata(store, component),
    data: { [fileNames.config]: configText(store, component) },
  } satisfies IConfigMap;
}
