import type { Store } from '../../crds/store/store.ts';
import { type ComponentName, componentNames } from '../names.ts';

/** Names of the Secrets that a component's environment refers to, in order and once each. */
export function componentSecrets(store: Store, component: ComponentName): readonly string[] {
  const names = store.spec[component].env.flatMap(
    (variable) => variable.valueFrom?.secretKeyRef?.name ?? [],
  );
  return [...new Set(names)].toSorted();
}

/** Names of all Secrets of the owner that a store refers to. */
export function referencedSecrets(store: Store): readonly string[] {
  return [...new Set(componentNames.flatMap((component) => componentSecrets(store, component)))];
}
