// The shapes that leave this room. Everything here is plain data: what `desiredObjects` returns is applied as it is.
import type { ExposurePlan } from '../exposure/exposure-plan.ts';
import type { TlsPlan } from '../exposure/tls-plan.ts';
import type { ComponentName } from '../names.ts';

/** Metadata that the operator applies. */
export interface ManifestMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Record<string, string>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: ManifestOwner[];
}

/** The store as the one controlling owner of a child. */
export interface ManifestOwner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller: true;
  readonly blockOwnerDeletion: true;
}

/**
 * An object as it is applied: only the fields that the operator means, since server-side apply takes ownership of each.
 * No empty maps or lists: they would be owned as leaves of their own.
 */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ManifestMetadata;
  readonly [field: string]: unknown;
}

/** An object that is applied again and again. */
export interface DesiredObject {
  readonly manifest: Manifest;
  /** The replica count belongs to an autoscaler; this is only its first value, for the creation of the object. */
  readonly initialReplicas?: number;
}

/** A key of a generated Secret whose value is drawn. */
export interface DrawnKey {
  readonly name: string;
  /** `base64url`: random bytes as text. `jwks-hs256`: a JWK Set (RFC 7517) with one symmetric key for HS256 (RFC 7518). */
  readonly format: 'base64url' | 'jwks-hs256';
  /** Random bytes to draw. */
  readonly bytes: number;
}

/** A key of a generated Secret that says what the drawn ones are for, such as a user's name. */
export interface FixedKey {
  readonly name: string;
  readonly format: 'fixed';
  readonly value: string;
}

/** A key of a generated Secret. */
export type GeneratedKey = DrawnKey | FixedKey;

/** A Secret whose data is drawn once, at its creation, and never written again; only the manifest is applied later. */
export interface GeneratedSecret {
  /** Metadata and type, without data. */
  readonly manifest: Manifest;
  readonly keys: readonly GeneratedKey[];
}

/** How a migration Job does. */
export type JobState = 'Running' | 'Complete' | 'Failed';

/** What a component serves with: the image, and the release as its pods' label tells it. */
export interface ServingRelease {
  readonly image: string;
  readonly version: string;
}

/** How far a release has come on its way into the cluster; see `release-gate.ts`. */
export interface RolloutFacts {
  readonly isDatabaseReady: boolean;
  /** Migration Jobs of the store by name. */
  readonly jobs: Readonly<Record<string, JobState>>;
  /** What the components serve with now; a component that does not exist yet is absent. */
  readonly serving: Readonly<Partial<Record<ComponentName, ServingRelease>>>;
  /** No pod of an older revision of the API is left. */
  readonly isApiRolledOut: boolean;
}

/** What the builders must know of the cluster. */
export interface Facts {
  /**
   * `Secret/name` or `ConfigMap/name` -> checksum of its salted data, absent while the object does not exist.
   * Holds the generated Secrets, and what `storeReferences` names.
   */
  readonly checksums: Readonly<Record<string, string>>;
  readonly rollout: RolloutFacts;
  /** Where the database listens. */
  readonly databasePort: number;
  /** Size that the claim of the database has asked for; absent while there is no claim. */
  readonly claimSize?: string;
  /** StorageClass that the claim has from a spec, of this store or of the one before it. */
  readonly claimClass?: string;
  /** Does the Service of the page have an address of IPv6? False while there is no Service. */
  readonly servesIpv6: boolean;
  /** How the store is exposed in this cluster. */
  readonly exposure: ExposurePlan;
  /** Where its certificates come from. */
  readonly tls: TlsPlan;
}
