// What the programs read at their start. The API's file is checked by its own `config.ts`.
import type { IConfigMap } from 'kubernetes-models/v1';
import type { Store } from '../../crds/store/store.ts';
import { strictTransportSecurity } from '../exposure/strict-transport-security.ts';
import { apiBasePath, type ComponentName, fileNames } from '../names.ts';
import { childMetadata } from './child-metadata.ts';
import type { Manifest } from './desired-object.ts';
import { maintenancePage, type WebServerFacts, webServerText } from './web-server.ts';

function apiConfig(store: Store): unknown {
  const { exposure, hosts, maintenance, security } = store.spec;
  const ownOrigins = hosts.map((host) => `https://${host}`);
  return {
    storeName: store.metadata.name,
    hosts,
    allowedOrigins: [...new Set([...ownOrigins, ...security.cors.allowedOrigins])],
    rateLimits: security.rateLimits,
    sessions: security.sessions,
    trustedProxyHops: security.trustedProxyHops,
    strictTransportSecurity: strictTransportSecurity(exposure.policy.hsts),
    maintenance,
  };
}

function webConfig(store: Store): unknown {
  return { apiBaseUrl: apiBasePath, hosts: store.spec.hosts };
}

function json(config: unknown): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** The files of a component: the same spec and facts, the same bytes. */
export function configFiles(
  store: Store,
  component: ComponentName,
  facts: WebServerFacts,
): Record<string, string> {
  if (component === 'api') return { [fileNames.config]: json(apiConfig(store)) };
  const closedPage = maintenancePage(store);
  return {
    [fileNames.config]: json(webConfig(store)),
    [fileNames.webServer]: webServerText(store, facts),
    ...(closedPage !== undefined && { [fileNames.maintenancePage]: closedPage }),
  };
}

/** The ConfigMap with a component's files. */
export function configMap(store: Store, component: ComponentName, facts: WebServerFacts): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: childMetadata(store, component),
    data: configFiles(store, component, facts),
  } satisfies IConfigMap;
}
