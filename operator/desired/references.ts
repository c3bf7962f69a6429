// What pods are made from beside the store: Secrets and ConfigMaps, generated or the owner's. A change of what is referred
// to rolls the pods, or migrates again.
import { databaseElsewhere } from '../../crds/store/database.ts';
import {
  caSecretKey,
  databaseSecretKeys,
  roleSecretKeys,
} from '../../crds/store/external-database.ts';
import type { Store } from '../../crds/store/store.ts';
import {
  childName,
  type ComponentName,
  componentNames,
  credentialNames,
  credentialSecretName,
} from '../names.ts';

/** An object by kind and name; it is in the store's namespace. */
export interface Reference {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly name: string;
  /**
   * What a store cannot do without: these keys, and no others matter. Undefined: the whole object matters, and its keys are
   * up to the kubelet.
   */
  readonly needed?: {
    readonly keys: readonly string[];
    /** Field of the store that names the object. */
    readonly field: string;
  };
}

/** What names of what a store refers to depend on. */
export interface ReferringStore {
  readonly metadata: Pick<Store['metadata'], 'name'>;
  readonly spec: Store['spec'];
}

/** Under which name the facts hold a reference: `Secret/smtp`, `Secret/shop-db#username,password`. */
export function referenceId({ kind, name, needed }: Reference): string {
  return `${kind}/${name}${needed === undefined ? '' : `#${needed.keys.join(',')}`}`;
}

function sortedOnce(references: readonly Reference[]): readonly Reference[] {
  const byId = new Map(references.map((reference) => [referenceId(reference), reference]));
  return [...byId.keys()].toSorted().flatMap((id) => byId.get(id) ?? []);
}

/** What a component's environment refers to, in order and once each. */
export function componentReferences(
  store: Pick<Store, 'spec'>,
  component: ComponentName,
): readonly Reference[] {
  return sortedOnce(
    store.spec[component].env.flatMap(({ valueFrom }): Reference[] => {
      const { secretKeyRef, configMapKeyRef } = valueFrom ?? {};
      return [
        ...(secretKeyRef === undefined
          ? []
          : [{ kind: 'Secret', name: secretKeyRef.name } as const]),
        ...(configMapKeyRef === undefined
          ? []
          : [{ kind: 'ConfigMap', name: configMapKeyRef.name } as const]),
      ];
    }),
  );
}

/** Where the database is, without the user. */
const addressKeys = databaseSecretKeys.filter(
  (key) => !(roleSecretKeys as readonly string[]).includes(key),
);

/**
 * What those who use the database are told. The password of the owner of the schema is the migration's alone: a new one
 * does not roll the API. Pure.
 */
export function databaseReferences(
  { metadata, spec }: ReferringStore,
  user: 'api' | 'migration',
): readonly Reference[] {
  const generated = (suffix: 'db' | 'dbowner' | 'dbrole'): Reference => ({
    kind: 'Secret',
    name: childName(metadata.name, suffix),
  });
  const elsewhere = databaseElsewhere(spec.database);
  if (elsewhere === undefined) {
    return [generated('db'), ...(user === 'migration' ? [generated('dbowner')] : [])];
  }
  const { block, secretName, runtimeSecretName, caSecretName } = elsewhere;
  const needed = (name: string, field: string, keys: readonly string[]): Reference => ({
    kind: 'Secret',
    name,
    needed: { field: `spec.database.${block}.${field}`, keys },
  });
  return [
    needed(secretName, 'secretName', user === 'api' ? addressKeys : databaseSecretKeys),
    runtimeSecretName === ''
      ? generated('dbrole')
      : needed(runtimeSecretName, 'runtimeSecretName', roleSecretKeys),
    ...(caSecretName === '' ? [] : [needed(caSecretName, 'caSecretName', [caSecretKey])]),
  ];
}

/** The owner's Secrets without which a store has no database, in the order in which they are missed. Pure. */
export function neededReferences(store: ReferringStore): readonly Reference[] {
  return (['migration', 'api'] as const)
    .flatMap((user) => databaseReferences(store, user))
    .filter(({ needed }) => needed !== undefined);
}

/** What a store refers to of its owner's, in order and once each. */
export function storeReferences(store: ReferringStore): readonly Reference[] {
  return sortedOnce([
    ...componentNames.flatMap((component) => componentReferences(store, component)),
    ...neededReferences(store),
  ]);
}

/** Everything of the owner's of which a change concerns a store, in order and once each. */
export function watchedReferences(store: ReferringStore): readonly Reference[] {
  const { tls, secrets } = store.spec;
  const credentials =
    secrets.mode === 'Existing'
      ? credentialNames.map((name) => credentialSecretName(store.metadata.name, secrets, name))
      : [];
  const names = [...credentials, ...(tls.secretName === '' ? [] : [tls.secretName])];
  return sortedOnce([
    ...storeReferences(store),
    ...names.map((name) => ({ kind: 'Secret', name }) as const),
  ]);
}
