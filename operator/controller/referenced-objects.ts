// What owners make and stores refer to carries no label of ours and is none of the operator's, so it is read when it is needed.
// That it has changed is heard from a watch of metadata, of which a name and a version stay: no value is held, and the
// right to list Secrets is one that the operator needs for its own.
import { parseStoreSpec } from '../../crds/store/parse.ts';
import { ingressHosts } from '../exposure/shared-hosts.ts';
import { issuerReference } from '../desired/certificate.ts';
import { type Reference, type ReferringStore, watchedReferences } from '../desired/references.ts';
import { fieldManager, labelKeys } from '../names.ts';
import type { KubeObject, ResourceKind } from '../runtime/kube-object.ts';
import type { ReflectorOptions } from '../runtime/reflector.ts';
import { configMapResource, gatewayResource, issuerResource, secretResource } from './kinds.ts';

/** A kind of which the operator wants to hear that an object of somebody else has changed, and nothing more. */
export interface ReferencedKind {
  /** Under a name of its own: the operator's own objects are watched apart from these. */
  readonly kind: ResourceKind;
  readonly referenceKind: Reference['kind'];
  /** Leaves out what no store refers to and a cluster has many of. */
  readonly fieldSelector: string;
}

/** What stores may refer to. */
export const referencedKinds: readonly ReferencedKind[] = [
  {
    kind: { apiVersion: 'v1', kind: 'ReferencedSecret', plural: 'secrets', namespaced: true },
    referenceKind: 'Secret',
    fieldSelector: 'type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token',
  },
  {
    kind: { apiVersion: 'v1', kind: 'ReferencedConfigMap', plural: 'configmaps', namespaced: true },
    referenceKind: 'ConfigMap',
    fieldSelector: 'metadata.name!=kube-root-ca.crt',
  },
];

/** Whatever the operator did not make. */
const othersSelector = `${labelKeys.managedBy}!=${fieldManager}`;

/** How a kind of these is watched; undefined for the other kinds. Pure. */
export function referenceWatch(
  kind: ResourceKind,
): Pick<ReflectorOptions, 'labelSelector' | 'fieldSelector' | 'metadataOnly'> | undefined {
  const referenced = referencedKinds.find((each) => each.kind === kind);
  if (referenced === undefined) return undefined;
  const { fieldSelector } = referenced;
  return { labelSelector: othersSelector, fieldSelector, metadataOnly: true };
}

/** A store may refer to what belongs to another store, and to Gateways and Issuers whoever made them. */
const referenceNames: ReadonlyMap<ResourceKind, string> = new Map([
  ...referencedKinds.map(({ kind, referenceKind }) => [kind, referenceKind] as const),
  ...[secretResource, configMapResource, gatewayResource, issuerResource].map(
    (kind) => [kind, kind.kind] as const,
  ),
]);

/** Under which key a store finds an object that it refers to: `Secret shop/smtp`; undefined for the other kinds. Pure. */
export function referenceKey(kind: ResourceKind, objectKey: string): string | undefined {
  const name = referenceNames.get(kind);
  return name && `${name} ${objectKey}`;
}

const hostPrefix = 'Host ';

/** Under which key the stores are found that ask an ingress controller for a host. Pure. */
export function hostKey(host: string): string {
  return `${hostPrefix}${host}`;
}

/** Those among the keys of a store. */
export function hostKeysOf(store: KubeObject): readonly string[] {
  return referenceKeysOf(store).filter((key) => key.startsWith(hostPrefix));
}

function keysOf({ metadata, spec }: ReferringStore, namespace: string): readonly string[] {
  const references = watchedReferences({ metadata, spec });
  const { parentRef } = spec.exposure.gateway;
  const issuer = issuerReference({ metadata, spec });
  return [
    ...ingressHosts(spec).map(hostKey),
    ...references.map(({ kind, name }) => `${kind} ${namespace}/${name}`),
    ...(parentRef.name === ''
      ? []
      : [`${gatewayResource.kind} ${parentRef.namespace || namespace}/${parentRef.name}`]),
    ...(issuer?.kind === issuerResource.kind
      ? [`${issuerResource.kind} ${namespace}/${issuer.name}`]
      : []),
  ];
}

/** An index is asked twice for each object, when it comes and when it goes; a spec is parsed once. */
const knownKeys = new WeakMap<KubeObject, readonly string[]>();

/** The keys of all that a store refers to, and of its hosts; none while its spec is not valid. */
export function referenceKeysOf(store: KubeObject): readonly string[] {
  const known = knownKeys.get(store);
  if (known !== undefined) return known;
  const parsed = parseStoreSpec(store['spec']);
  const { metadata } = store;
  const keys = parsed.ok ? keysOf({ metadata, spec: parsed.spec }, metadata.namespace ?? '') : [];
  knownKeys.set(store, keys);
  return keys;
}
