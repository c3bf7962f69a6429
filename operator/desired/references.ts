// What the owner's environment variables refer to: Secrets and ConfigMaps that are not ours.
import type { Store } from '../../crds/store/store.ts';
import { type ComponentName, componentNames } from '../names.ts';

/** An object of the owner's, by kind and name; it is in the store's namespace. */
export interface Reference {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly name: string;
}

/** Under which name the facts hold a reference: `Secret/smtp`. */
export function referenceId({ kind, name }: Reference): string {
  return `${kind}/${name}`;
}

function sortedOnce(references: readonly Reference[]): readonly Reference[] {
  const byId = new Map(references.map((reference) => [referenceId(reference), reference]));
  return [...byId.keys()].toSorted().flatMap((id) => byId.get(id) ?? []);
}

/** What a component's environment refers to, in order and once each. */
export function componentReferences(store: Store, component: ComponentName): readonly Reference[] {
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

/** What a store refers to, in order and once each. */
export function storeReferences(store: Store): readonly Reference[] {
  return sortedOnce(componentNames.flatMap((component) => componentReferences(store, component)));
}
