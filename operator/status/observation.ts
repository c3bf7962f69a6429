// What a status is judged from: plain data that the controller takes from its caches, and nothing else. The shapes hold
// what `controller/projections.ts` keeps of live objects; everything in them may be missing.
import type { SpecProblem } from '../../crds/store/parse.ts';
import type { Store, StoreSpec } from '../../crds/store/store.ts';
import type { StoreStatus } from '../../crds/store/status.ts';
import type { OperatorError } from '../errors.ts';
import type { ExposurePlan } from '../exposure/exposure-plan.ts';
import type { TakenHost } from '../exposure/shared-hosts.ts';
import type { CertManagerState, TlsPlan } from '../exposure/tls-plan.ts';
import type { SeenKeySet } from '../jwt/key-set.ts';
import type { ComponentName, CredentialName } from '../names.ts';
import type { CertificateSummary } from '../x509/read-certificate.ts';

/** A condition of a live object. */
export interface LiveCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  /** Generation that it tells of; kept of the kinds of the Gateway API only. */
  readonly observedGeneration?: number;
}

/** A live Deployment. */
export interface LiveDeployment {
  readonly metadata: { readonly name: string; readonly generation?: number };
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: {
      readonly spec?: {
        readonly containers?: readonly { readonly name: string; readonly image?: string }[];
      };
    };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly conditions?: readonly LiveCondition[];
  };
}

/** A live StatefulSet. */
export interface LiveStatefulSet {
  readonly metadata: { readonly name: string; readonly generation?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
  };
}

/** A live Job; times are RFC 3339. */
export interface LiveJob {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly status?: {
    readonly startTime?: string;
    readonly completionTime?: string;
    readonly conditions?: readonly (LiveCondition & { readonly lastTransitionTime?: string })[];
  };
}

/** A live HorizontalPodAutoscaler. */
export interface LiveAutoscaler {
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly minReplicas?: number; readonly maxReplicas?: number };
  readonly status?: {
    readonly currentReplicas?: number;
    readonly desiredReplicas?: number;
    readonly conditions?: readonly LiveCondition[];
  };
}

/** How a container ended. */
export interface EndedContainer {
  readonly reason?: string;
  readonly exitCode?: number;
  readonly message?: string;
  readonly finishedAt?: string;
}

/** A container that waits, and how it ended before; or one of a migration that failed. */
export interface LiveContainer {
  readonly name: string;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: EndedContainer;
  };
  readonly lastState?: {
    readonly terminated?: { readonly reason?: string; readonly exitCode?: number };
  };
}

/** A live pod, reduced to what is wrong with it. */
export interface LivePod {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly status?: {
    readonly conditions?: readonly LiveCondition[];
    readonly containerStatuses?: readonly LiveContainer[];
  };
}

/** A live Ingress. */
export interface LiveIngress {
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly ingressClassName?: string };
  readonly status?: {
    readonly loadBalancer?: {
      readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[];
    };
  };
}

/** A live HTTPRoute. */
export interface LiveRoute {
  readonly metadata: { readonly name: string; readonly generation?: number };
  readonly status?: {
    readonly parents?: readonly {
      readonly parentRef: {
        readonly kind?: string;
        readonly namespace?: string;
        readonly name: string;
        readonly sectionName?: string;
      };
      readonly conditions?: readonly LiveCondition[];
    }[];
  };
}

/** What is told of one listener. */
export interface LiveListener {
  readonly name: string;
  readonly conditions?: readonly LiveCondition[];
}

/** A live ListenerSet. */
export interface LiveListenerSet {
  readonly metadata: { readonly name: string; readonly generation?: number };
  readonly status?: {
    readonly conditions?: readonly LiveCondition[];
    readonly listeners?: readonly LiveListener[];
  };
}

/** A live Gateway. */
export interface LiveGateway extends LiveListenerSet {
  readonly spec?: {
    readonly gatewayClassName?: string;
    readonly listeners?: readonly { readonly name: string; readonly protocol: string }[];
  };
  readonly status?: LiveListenerSet['status'] & {
    readonly addresses?: readonly { readonly value: string }[];
  };
}

/** What the cluster has for the way through a Gateway. */
export interface GatewayObjects {
  readonly route?: LiveRoute | undefined;
  readonly redirect?: LiveRoute | undefined;
  readonly listeners?: LiveListenerSet | undefined;
  /** The platform's, or the store's own. */
  readonly gateway?: LiveGateway | undefined;
}

/** What was found under the name of the Secret with the certificate; `unread`: nobody could look. */
export type SeenCertificate =
  | { readonly kind: 'unread' | 'absent' | 'unreadable' }
  | { readonly kind: 'read'; readonly certificate: CertificateSummary };

/** How External Secrets does with a Secret that it is to fetch. */
export interface SeenFetch {
  /** Whether the cluster serves its API; `unlisted`: nobody could look. */
  readonly api: 'served' | 'unlisted' | 'absent';
  /** Of the ExternalSecret, `Ready`; undefined before its controller has looked at it. */
  readonly ready?: LiveCondition;
}

/** What was found under the name of the Secret with a credential of the API; `unread`: nobody could look. */
export type SeenCredential =
  | { readonly kind: 'unread' }
  | { readonly kind: 'absent'; readonly fetch?: SeenFetch }
  | {
      readonly kind: 'read';
      readonly fetch?: SeenFetch;
      readonly createdAt: string;
      /** Of the keys of access tokens; undefined when the Secret has no such key. */
      readonly keySet?: SeenKeySet;
      /** Of the secret for sessions; undefined when the Secret has no such key. */
      readonly sizeBytes?: number;
    };

/** Both of them. */
export type Credentials = Readonly<Record<CredentialName, SeenCredential>>;

/** A Secret of the store that exists. */
export interface LiveSecret {
  readonly metadata: { readonly name: string; readonly creationTimestamp?: string };
}

/** A live object of which its conditions matter. */
export interface LiveConditioned {
  readonly status?: { readonly conditions?: readonly LiveCondition[] };
}

/** A live Certificate of cert-manager. */
export interface LiveCertificate {
  readonly metadata: { readonly generation?: number };
  readonly status?: {
    readonly conditions?: readonly (LiveCondition & { readonly observedGeneration?: number })[];
    /** RFC 3339. */
    readonly renewalTime?: string;
    readonly failedIssuanceAttempts?: number;
  };
}

/** Who is to issue; `unread`: of a kind that nobody looks at; `unwatched`: of the cluster, while single namespaces are watched. */
export type SeenIssuer =
  | { readonly kind: 'unread' | 'unwatched' | 'absent' }
  | { readonly kind: 'read'; readonly issuer: LiveConditioned };

/** What cert-manager does for a store. */
export interface CertManagerObservation {
  readonly state: CertManagerState;
  readonly issuer: SeenIssuer;
  readonly certificate?: LiveCertificate;
  /** What is in the Secret that it writes. */
  readonly issued: SeenCertificate;
}

/** The live children of one store. */
export interface Observations {
  readonly deployments: Readonly<Partial<Record<ComponentName, LiveDeployment>>>;
  readonly autoscalers: Readonly<Partial<Record<ComponentName, LiveAutoscaler>>>;
  readonly database?: LiveStatefulSet | undefined;
  /** When the volume of the database was asked for, RFC 3339. */
  readonly claimCreatedAt?: string;
  /** The Job for the present spec; absent before it is made. */
  readonly migration?: LiveJob | undefined;
  /** Which Job that is can be told: what the spec refers to was read. */
  readonly isJobKnown: boolean;
  readonly pods: readonly LivePod[];
  /** Names of the store's NetworkPolicies that exist. */
  readonly networkPolicies: readonly string[];
  /** The store's Secrets that exist. */
  readonly secrets: readonly LiveSecret[];
  readonly credentials: Credentials;
  /** Whether the cluster serves `metrics.k8s.io`. */
  readonly hasMetricsApi: boolean;
  /** Undefined when the spec is not valid. */
  readonly exposure?: ExposurePlan;
  readonly ingress?: LiveIngress;
  /** One of the hosts that an older store is exposed under, too, by an Ingress as this one. */
  readonly taken?: TakenHost | undefined;
  readonly gateway?: GatewayObjects;
  /** Where the certificates come from; undefined when the spec is not valid. */
  readonly tls?: TlsPlan;
  /** The one that the main host serves. */
  readonly certificate: SeenCertificate;
  /** Present when cert-manager is to issue it. */
  readonly certManager?: CertManagerObservation;
}

/** What became of the reconcile that precedes the status. */
export type Outcome =
  | { readonly kind: 'applied' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'invalid'; readonly problems: readonly SpecProblem[] }
  | { readonly kind: 'failed'; readonly error: OperatorError };

/** Is what lives to be compared with the present spec, or does the status go on describing the generation before? */
export function isPresentSpec({ outcome, previous, metadata }: StatusInput): boolean {
  return outcome.kind === 'applied' || previous?.observedGeneration === metadata.generation;
}

/** Everything that `nextStatus` looks at. */
export interface StatusInput {
  readonly metadata: Pick<
    Store['metadata'],
    'name' | 'namespace' | 'generation' | 'deletionTimestamp'
  >;
  /** Undefined when the spec is not valid. */
  readonly spec: StoreSpec | undefined;
  readonly previous: StoreStatus | undefined;
  readonly observations: Observations;
  readonly outcome: Outcome;
  /** RFC 3339. */
  readonly now: string;
}
