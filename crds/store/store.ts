// The root of the contract: everything a store's owner may write. The CRD, its documentation and both programs' types
// come from here. Rules beyond types are stated with `ruled` (rules.ts), once for the API server and for the guard inside
// reconcile (parse.ts). No unions, no transforms: structural-schema.ts refuses them.
import { z } from 'zod';
import { apiSpec, webSpec } from './components.ts';
import { databaseSpec } from './database.ts';
import { type ExposureSpec, exposureSpec } from './exposure.ts';
import { hostPattern, objectName, patternedString, semverPattern, uniqueList } from './formats.ts';
import { maxRouteHosts, namesGateway } from './gateway.ts';
import { maintenanceSpec } from './maintenance.ts';
import { networkPolicySpec } from './network-policy.ts';
import { ruled, type Rule } from './rules.ts';
import { secretsSpec } from './secrets.ts';
import { securitySpec } from './security.ts';
import type { StoreStatus } from './status.ts';
import { tlsSpec } from './tls.ts';

/** API group of every kind of this project. */
export const group = 'dhakacart.io';
/** The one served version. */
export const version = 'v1alpha1';
/** Kind of a store. */
export const storeKind = 'DhakaCartStore';
/** Plural of a store, as in URLs. */
export const storePlural = 'dhakacartstores';

interface Places {
  readonly database: { readonly external?: unknown; readonly rds?: unknown };
  readonly networkPolicy: { readonly databaseCIDRs: readonly string[] };
}

const databaseIsElsewhere: Rule<Places> = {
  cel: 'self.networkPolicy.databaseCIDRs.size() == 0 || has(self.database.external) || has(self.database.rds)',
  holds: ({ database: { external, rds }, networkPolicy }) =>
    networkPolicy.databaseCIDRs.length === 0 || external !== undefined || rds !== undefined,
  message:
    'has no effect on a database that the operator runs: leave it empty, or write database.external or database.rds',
  field: 'networkPolicy.databaseCIDRs',
};

interface Hosted {
  readonly hosts: readonly string[];
  readonly exposure: ExposureSpec;
}

const hostsFitRoute: Rule<Hosted> = {
  cel: `self.hosts.size() <= ${maxRouteHosts} || (self.exposure.gateway.parentRef.name == '' && self.exposure.gateway.gatewayClassName == '')`,
  holds: ({ hosts, exposure }) => hosts.length <= maxRouteHosts || !namesGateway(exposure.gateway),
  message: `must be at most ${maxRouteHosts} with a Gateway, as many as an HTTPRoute takes: remove some, or spec.exposure.gateway`,
  field: 'hosts',
};

/** Schema of `spec`. Parsing fills in every default. */
export const storeSpec = ruled(
  z.object({
    version: patternedString(
      63,
      semverPattern,
      'must be a semantic version such as 1.2.3 or 1.3.0-rc.1, without v in front and without build metadata',
    ).describe(
      "Release of the storefront, for example 1.0.0. The operator's own version never changes a running store.",
    ),
    hosts: uniqueList(
      patternedString(
        253,
        hostPattern,
        'must be a DNS name such as shop.example.com, lower case, without scheme, port or path',
      ),
      20,
    )
      .min(1)
      .describe('DNS names of the shop, the main one first.'),
    imageRepository: patternedString(
      255,
      '^[a-z0-9][-a-z0-9.]*(:[0-9]{1,5})?(/[a-z0-9]([-a-z0-9._]*[a-z0-9])?)*$',
      'must be a registry path such as ghcr.io/dhakacart, lower case, without scheme, tag or / at the end',
    )
      .default('ghcr.io/dhakacart')
      .describe(
        'Where the images are: <imageRepository>/storefront-api:<version> and storefront-web:<version>.',
      ),
    imagePullSecrets: uniqueList(objectName(), 10)
      .default([])
      .describe('Names of Secrets in this namespace with registry credentials.'),
    paused: z
      .boolean()
      .default(false)
      .describe(
        'Stop reconciling: the operator changes nothing but the status until this is false again.',
      ),
    deletion: z
      .object({
        policy: z
          .enum(['Retain', 'Delete'])
          .default('Retain')
          .describe('What happens to data and generated credentials when the store is deleted.'),
        protected: z.boolean().default(false).describe('Hold a deletion back until this is false.'),
      })
      .prefault({})
      .describe('What deleting the store does.'),
    api: apiSpec.prefault({}),
    web: webSpec.prefault({}),
    database: databaseSpec,
    exposure: exposureSpec,
    tls: tlsSpec,
    networkPolicy: networkPolicySpec,
    maintenance: maintenanceSpec,
    secrets: secretsSpec,
    security: securitySpec,
  }),
  databaseIsElsewhere,
  hostsFitRoute,
).describe('What the shop should be.');

/** What an owner writes, before defaults. */
export type StoreSpecInput = z.input<typeof storeSpec>;
/** A spec after validation and defaults. */
export type StoreSpec = z.output<typeof storeSpec>;

/** The metadata of a store as far as the operator reads it. */
export interface StoreMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A store as the API server returns it, with a spec that passed `storeSpec`. */
export interface Store {
  readonly apiVersion: 'dhakacart.io/v1alpha1';
  readonly kind: 'DhakaCartStore';
  readonly metadata: StoreMetadata;
  readonly spec: StoreSpec;
  readonly status?: StoreStatus;
}
