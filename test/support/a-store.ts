// Builds stores for tests: the smallest valid one, with whatever the test is about.
import { type StoreSpecInput, type Store, storeSpec } from '../../crds/store/store.ts';

/** What a test may say about a store. */
export interface StoreWish extends Partial<Omit<Store['metadata'], 'labels'>> {
  readonly spec?: Partial<StoreSpecInput>;
  readonly status?: Store['status'];
}

/** A store whose spec went through the contract, with its defaults. */
export function aStore({ spec, status, ...metadata }: StoreWish = {}): Store {
  return {
    apiVersion: 'dhakacart.io/v1alpha1',
    kind: 'DhakaCartStore',
    metadata: {
      name: 'dhaka',
      namespace: 'shop',
      uid: '6f1c2d3e-0000-4000-8000-000000000001',
      generation: 1,
      resourceVersion: '1',
      ...metadata,
    },
    spec: storeSpec.parse({ version: '1.0.0', hosts: ['shop.example.com'], ...spec }),
    ...(status && { status }),
  };
}
