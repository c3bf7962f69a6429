// Stores whose database somebody else runs.
import type { Store, StoreSpecInput } from '../../../../crds/store/store.ts';
import { aStore } from '../../../support/a-store.ts';

export type DatabaseInput = NonNullable<StoreSpecInput['database']>;

export const external = (fields: object = {}): DatabaseInput => ({
  external: { secretName: 'shop-db', ...fields },
});
export const rds = (fields: object = {}): DatabaseInput => ({
  rds: {
    instanceIdentifier: 'shop',
    region: 'ap-south-1',
    secretName: 'shop-db',
    caSecretName: 'rds-ca',
    ...fields,
  },
});
export const storeOf = (database: DatabaseInput): Store => aStore({ spec: { database } });
