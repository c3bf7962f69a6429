import type { IIngress } from 'kubernetes-models/networking.k8s.io/v1';
import type { Store } from '../../crds/store/store.ts';
import { ingressAnnotations } from '../exposure/edge-adapters.ts';
import { apiBasePath, childName, type ComponentName, ports, publicHealthPaths } from '../names.ts';
import { ownedMetadata } from './child-metadata.ts';
import type { Facts, Manifest } from './desired-object.ts';

/** Prefixes only: Traefik goes by the length of its rules, and an exact /ready would lose against the prefix /. */
function path(store: Store, component: ComponentName, prefix: string) {
  const service = {
    name: childName(store.metadata.name, component),
    port: { name: ports.http.name },
  };
  return { path: prefix, pathType: 'Prefix' as const, backend: { service } };
}

/**
 * Leads shoppers to the page, and what begins with `/api` to the API, which also tells uptime monitors how it is; undefined
 * when no Ingress does that. The longest path wins: https://kubernetes.io/docs/concepts/services-networking/ingress/#multiple-matches. Pure.
 */
export function ingress(store: Store, { exposure, tls }: Facts): Manifest | undefined {
  if (exposure.mode !== 'Ingress') return undefined;
  const { hosts } = store.spec;
  const annotations = ingressAnnotations(store.spec, exposure.controller);
  const paths = [
    path(store, 'api', apiBasePath),
    ...Object.values(publicHealthPaths).map((text) => path(store, 'api', text)),
    path(store, 'web', '/'),
  ];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      ...ownedMetadata(store, 'web', 'ingress'),
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec: {
      ...(exposure.className !== undefined && { ingressClassName: exposure.className }),
      ...(tls.secrets.length > 0 && {
        tls: tls.secrets.map((secret) => ({
          hosts: [...secret.hosts],
          secretName: secret.secretName,
        })),
      }),
      rules: hosts.map((host) => ({ host, http: { paths } })),
    },
  } satisfies IIngress;
}
