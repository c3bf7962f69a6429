// Builders for what a status is judged from: a healthy cluster, with whatever the test is about.
import type { Condition, StoreStatus } from '../../../../crds/store/status.ts';
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import {
  type ComponentName,
  networkPolicyNames,
  labelKeys,
  type PartName,
  selectorLabels,
} from '../../../../operator/names.ts';
import { tlsPlan } from '../../../../operator/exposure/tls-plan.ts';
import type { ConditionType } from '../../../../operator/status/judgement.ts';
import { nextStatus } from '../../../../operator/status/next-status.ts';
import type {
  Credentials,
  LiveAutoscaler,
  LiveCondition,
  LiveContainer,
  LiveDeployment,
  LiveIngress,
  LiveJob,
  LivePod,
  LiveSecret,
  LiveStatefulSet,
  Observations,
  Outcome,
  StatusInput,
} from '../../../../operator/status/observation.ts';
import type { CertificateSummary } from '../../../../operator/x509/read-certificate.ts';
import { aStore } from '../../../support/a-store.ts';

export const storeName = 'dhaka';
export const firstMoment = '2026-01-01T00:00:00Z';
export const laterMoment = '2026-01-01T01:00:00Z';

/** Counts of a Deployment; each one that is absent equals the wanted replicas. */
export interface PodCounts {
  readonly wanted?: number;
  readonly total?: number;
  readonly updated?: number;
  readonly ready?: number;
  readonly available?: number;
  readonly generation?: number;
  readonly observedGeneration?: number;
  readonly image?: string;
  readonly conditions?: readonly LiveCondition[];
}

export function aDeployment(component: ComponentName, counts: PodCounts = {}): LiveDeployment {
  const { wanted = 3, generation = 1 } = counts;
  const { total = wanted, updated = wanted, ready = wanted } = counts;
  const image = counts.image ?? `ghcr.io/dhakacart/storefront-${component}:1.0.0`;
  return {
    metadata: { name: `${storeName}-${component}`, generation },
    spec: {
      replicas: wanted,
      template: { spec: { containers: [{ name: component, image }] } },
    },
    status: {
      observedGeneration: counts.observedGeneration ?? generation,
      replicas: total,
      updatedReplicas: updated,
      readyReplicas: ready,
      availableReplicas: counts.available ?? ready,
      conditions: counts.conditions ?? [],
    },
  };
}

export const deadlineExceeded: LiveCondition = {
  type: 'Progressing',
  status: 'False',
  reason: 'ProgressDeadlineExceeded',
  message: 'ReplicaSet "dhaka-api-1" has timed out progressing.',
};

export const scalingWorks: readonly LiveCondition[] = [
  { type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale' },
  { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound' },
  { type: 'ScalingLimited', status: 'False', reason: 'DesiredWithinRange' },
];

export function anAutoscaler(
  component: ComponentName,
  conditions: readonly LiveCondition[] = scalingWorks,
): LiveAutoscaler {
  return {
    metadata: { name: `${storeName}-${component}` },
    spec: { minReplicas: 3, maxReplicas: 10 },
    status: { currentReplicas: 3, desiredReplicas: 3, conditions },
  };
}

/** The database: one pod, ready and of the newest revision unless the test says otherwise. */
export function aDatabase(
  counts: Partial<Record<'ready' | 'updated' | 'observedGeneration', number>> = {},
): LiveStatefulSet {
  const { ready = 1, updated = 1, observedGeneration = 1 } = counts;
  return {
    metadata: { name: `${storeName}-db`, generation: 1 },
    status: { observedGeneration, replicas: 1, updatedReplicas: updated, readyReplicas: ready },
  };
}

export const jobName = `${storeName}-migrate-0123456789`;

/** A migration Job: complete, failed for a reason, or (without a condition) running. */
export function aJob(...conditions: readonly LiveCondition[]): LiveJob {
  return {
    metadata: { name: jobName, labels: { [labelKeys.version]: '1.0.0' } },
    status: {
      startTime: firstMoment,
      conditions: conditions.map((condition) => ({
        ...condition,
        lastTransitionTime: firstMoment,
      })),
    },
  };
}

export const jobComplete: LiveCondition = { type: 'Complete', status: 'True' };
export const jobFailed: LiveCondition = {
  type: 'Failed',
  status: 'True',
  reason: 'BackoffLimitExceeded',
  message: 'Job has reached the specified backoff limit',
};

/** A pod of a component; without `waiting` its container runs. */
export function aPod(
  name: string,
  component: PartName,
  waiting?: Omit<LiveContainer, 'name'>,
): LivePod {
  return {
    metadata: { name, labels: selectorLabels(storeName, component) },
    status: { containerStatuses: [{ name: component, ...waiting }] },
  };
}

/** A pod of the migration that ended with a code, and what it said last. */
export function aFailedMigrationPod(
  exitCode: number,
  message = 'storefront-api: it failed',
  rest: { readonly suffix?: string; readonly finishedAt?: string } = {},
): LivePod {
  const { suffix = 'a', finishedAt = firstMoment } = rest;
  const terminated = { reason: 'Error', exitCode, message, finishedAt };
  return aPod(`${jobName}-${suffix}`, 'migration', { state: { terminated } });
}

export function waitingFor(reason: string, message?: string): Omit<LiveContainer, 'name'> {
  return { state: { waiting: { reason, ...(message !== undefined && { message }) } } };
}

export function anUnschedulablePod(name: string, component: PartName): LivePod {
  return {
    metadata: { name, labels: { [labelKeys.component]: component } },
    status: {
      conditions: [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'Unschedulable',
          message: '0/3 nodes are available: 3 Insufficient cpu.',
        },
      ],
    },
  };
}

/** The store's Ingress, with the addresses that its controller wrote. */
export function anIngress(
  ...addresses: readonly { ip?: string; hostname?: string }[]
): LiveIngress {
  const ingress = addresses.length === 0 ? [{ ip: '203.0.113.7' }] : addresses;
  return {
    metadata: { name: `${storeName}-ingress` },
    spec: { ingressClassName: 'traefik' },
    status: { loadBalancer: { ingress } },
  };
}

/** A certificate that is good for the store's host in the years of the tests. */
export function aCertificate(changes: Partial<CertificateSummary> = {}): CertificateSummary {
  return {
    notBefore: '2025-12-31T23:00:00Z',
    notAfter: '2026-03-31T23:00:00Z',
    hosts: ['shop.example.com'],
    issuer: 'CN=dhaka, O=DhakaCart self-signed',
    isSelfSigned: true,
    matchesKey: true,
    isChained: true,
    ...changes,
  };
}

const { database: managed } = aStore().spec;
export function aSecret(name: string): LiveSecret {
  return { metadata: { name, creationTimestamp: firstMoment } };
}

/** Keys of access tokens of which the first signs since the first moment. */
export const soundCredentials = {
  jwt: {
    kind: 'read',
    createdAt: firstMoment,
    keySet: {
      kind: 'read',
      keys: [
        {
          kid: 'k1',
          issuedAt: Date.parse(firstMoment) / 1000,
          signsFrom: Date.parse(firstMoment) / 1000,
        },
      ],
    },
  },
  session: { kind: 'read', createdAt: firstMoment, sizeBytes: 64 },
} as const satisfies Credentials;

/** Secrets that nobody has made. */
export const absentCredentials: Credentials = {
  jwt: { kind: 'absent' },
  session: { kind: 'absent' },
};

/** A cluster in which everything works. */
export function healthy(changes: Partial<Observations> = {}): Observations {
  return {
    deployments: { api: aDeployment('api'), web: aDeployment('web') },
    autoscalers: { api: anAutoscaler('api'), web: anAutoscaler('web') },
    database: aDatabase(),
    migration: aJob(jobComplete),
    isJobKnown: true,
    pods: [],
    networkPolicies: networkPolicyNames(storeName, managed),
    secrets: ['db', 'dbowner'].map((suffix) => aSecret(`${storeName}-${suffix}`)),
    credentials: soundCredentials,
    hasMetricsApi: true,
    exposure: {
      mode: 'Ingress',
      className: 'traefik',
      controller: 'traefik.io/ingress-controller',
    },
    ingress: anIngress(),
    certificate: { kind: 'read', certificate: aCertificate() },
    ...changes,
  };
}

/** A healthy cluster but for one Deployment. */
export function withDeployment(component: ComponentName, counts: PodCounts): Observations {
  const sound = healthy();
  return {
    ...sound,
    deployments: { ...sound.deployments, [component]: aDeployment(component, counts) },
  };
}

/** What a test may say about an input. */
export interface InputWish {
  readonly spec?: Partial<StoreSpecInput>;
  readonly generation?: number;
  readonly deletionTimestamp?: string;
  readonly previous?: StoreStatus;
  readonly observations?: Observations;
  readonly outcome?: Outcome;
  readonly now?: string;
}

export function anInput(wish: InputWish = {}): StatusInput {
  const { generation = 1, deletionTimestamp, outcome = { kind: 'applied' } } = wish;
  const store = aStore({ name: storeName, ...(wish.spec && { spec: wish.spec }) });
  const now = wish.now ?? firstMoment;
  const observations = wish.observations ?? healthy();
  const issued = observations.certManager?.issued;
  const tls = tlsPlan(store, {
    exposure: observations.exposure ?? { mode: 'None' },
    certManager: observations.certManager?.state ?? 'absent',
    issued: issued?.kind === 'read' ? issued.certificate : undefined,
    nowMs: Date.parse(now),
  });
  return {
    metadata: {
      name: storeName,
      namespace: 'shop',
      generation,
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    },
    spec: outcome.kind === 'invalid' ? undefined : store.spec,
    previous: wish.previous,
    observations: { ...observations, ...(outcome.kind !== 'invalid' && { tls }) },
    outcome,
    now,
  };
}

export function statusOf(wish: InputWish = {}): StoreStatus {
  return nextStatus(anInput(wish));
}

export function conditionOf(
  status: StoreStatus | undefined,
  type: ConditionType,
): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** `Ready=False ComponentsNotReady, Reconciling=True RollingOut`: the three that judge the whole, as one text. */
export function verdictText(status: StoreStatus): string {
  return (['Ready', 'Reconciling', 'Stalled'] as const)
    .flatMap((type) => {
      const found = conditionOf(status, type);
      return found === undefined ? [] : [`${type}=${found.status} ${found.reason}`];
    })
    .join(', ');
}
