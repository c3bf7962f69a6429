// What is kept of each watched object. The less is kept, the less memory a store costs and the fewer wake-ups its
// children cause: a change of something that is not kept reconciles nothing. What we applied ourselves need not be kept
// here, the cache holds it as the owned view.
import { createHash } from 'node:crypto';
import { readKeySet, type SeenKeySet } from '../jwt/key-set.ts';
import { annotationKeys, fileNames, labelKeys, type PartName } from '../names.ts';
import type { KubeObject, ObjectMeta } from '../runtime/kube-object.ts';
import { type CertificateSummary, readCertificate } from '../x509/read-certificate.ts';

/** Fields of an object. */
export type Json = Readonly<Record<string, unknown>>;

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** The named fields, as far as they are there. */
export function pick(source: unknown, names: readonly string[]): Json {
  const fields = (source ?? {}) as Json;
  return Object.fromEntries(
    names.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]])),
  );
}

function childMetadata(metadata: ObjectMeta): ObjectMeta {
  return pick(metadata, [
    'name',
    'namespace',
    'uid',
    'resourceVersion',
    'generation',
    'deletionTimestamp',
    'labels',
    'ownerReferences',
  ]) as unknown as ObjectMeta;
}

/** An object of which only the metadata that matters is kept, and the rest. */
export function trimmed(object: KubeObject, rest: Json = {}): KubeObject {
  const { apiVersion, kind, metadata } = object;
  return { apiVersion, kind, metadata: childMetadata(metadata), ...rest };
}

function conditions(status: unknown): readonly Json[] {
  const list = ((status ?? {}) as { conditions?: readonly Json[] }).conditions ?? [];
  return list.map((condition) => pick(condition, ['type', 'status', 'reason', 'message']));
}

/** A child of which only what we applied matters. */
export function keepMetadata(object: KubeObject): KubeObject {
  return trimmed(object);
}

/** Nothing but the name and what tells one revision from the next: a cluster may have many of these. */
export function keepNameAndRevision({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { resourceVersion } = metadata;
  const kept = pick(metadata, ['name', 'namespace', 'uid', 'resourceVersion']);
  return { apiVersion, kind, metadata: kept as unknown as ObjectMeta, revision: resourceVersion };
}

/** Nothing but what tells one revision from the next, so that each change of the object is told. */
export function keepRevision(object: KubeObject): KubeObject {
  return trimmed(object, { revision: object.metadata.resourceVersion });
}

/** A store is kept whole, but for bookkeeping of kubectl and of the API server. */
export function keepStore(object: KubeObject): KubeObject {
  const { managedFields: _managedFields, annotations = {}, ...metadata } = object.metadata;
  const { [lastApplied]: _lastApplied, ...kept } = annotations;
  return { ...object, metadata: { ...metadata, annotations: kept } };
}

const rolloutCounts = [
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
];

interface WorkloadSpec {
  readonly template?: {
    readonly metadata?: { readonly labels?: Json };
    readonly spec?: { readonly containers?: readonly Json[] };
  };
}

/** Replica counts, conditions, images and release: what the health of a rollout is judged by. */
export function keepDeployment(object: KubeObject): KubeObject {
  const spec = object['spec'] as WorkloadSpec;
  const containers = (spec.template?.spec?.containers ?? []).map((container) =>
    pick(container, ['name', 'image']),
  );
  const labels = pick(spec.template?.metadata?.labels, [labelKeys.version]);
  return trimmed(object, {
    spec: {
      ...pick(spec, ['replicas']),
      template: { metadata: { labels }, spec: { containers } },
    },
    status: {
      ...pick(object['status'], rolloutCounts),
      conditions: conditions(object['status']),
    },
  });
}

/** Replica counts. */
export function keepStatefulSet(object: KubeObject): KubeObject {
  return trimmed(object, { status: pick(object['status'], rolloutCounts) });
}

/** Whether it has ended, when, and why it failed; not how often it was tried. */
export function keepJob(object: KubeObject): KubeObject {
  const { conditions: list = [] } = (object['status'] ?? {}) as { conditions?: readonly Json[] };
  const kept = ['type', 'status', 'reason', 'message', 'lastTransitionTime'];
  const ends = list.filter(({ type }) => type === 'Complete' || type === 'Failed');
  return trimmed(object, {
    status: {
      ...pick(object['status'], ['startTime', 'completionTime']),
      conditions: ends.map((condition) => pick(condition, kept)),
    },
  });
}

/** The families that the API server has given it addresses of. */
export function keepService(object: KubeObject): KubeObject {
  return trimmed(object, { spec: pick(object['spec'], ['ipFamilies']) });
}

/** The size that it asks for, its class, and its age. */
export function keepClaim(object: KubeObject): KubeObject {
  const { resources, ...spec } = object['spec'] as { resources?: { requests?: unknown } };
  const { metadata, ...kept } = trimmed(object, {
    spec: {
      ...pick(spec, ['storageClassName']),
      resources: { requests: pick(resources?.requests, ['storage']) },
    },
  });
  const { creationTimestamp = '' } = object.metadata;
  return { ...kept, metadata: { ...metadata, creationTimestamp } };
}

/** Counts and conditions; not the current metrics, which change with every sync. */
export function keepAutoscaler(object: KubeObject): KubeObject {
  const withoutMessages = conditions(object['status']).map((condition) =>
    pick(condition, ['type', 'status', 'reason']),
  );
  return trimmed(object, {
    spec: pick(object['spec'], ['minReplicas', 'maxReplicas']),
    status: {
      ...pick(object['status'], ['currentReplicas', 'desiredReplicas']),
      conditions: withoutMessages,
    },
  });
}

/** Salted with the UID, so that equal Secrets of two stores do not show equal checksums. */
function digest(uid: string | undefined, value: string): string {
  return createHash('sha256')
    .update(`${uid ?? ''}\0${value}`)
    .digest('hex');
}

/** Checksums in the place of data, of a Secret or a ConfigMap: no secret value enters the cache. */
export function keepChecksums(object: KubeObject): KubeObject {
  const { data, binaryData } = object as Readonly<Record<string, object | undefined>>;
  const checksums = Object.fromEntries(
    Object.entries({ ...data, ...binaryData }).map(([key, value]) => [
      key,
      digest(object.metadata.uid, String(value)),
    ]),
  );
  return trimmed(object, { data: checksums });
}

/** The checksums that `keepChecksums` has left in an object, by key. */
export function storedChecksums(kept: KubeObject): Readonly<Record<string, string>> {
  return (kept['data'] ?? {}) as Readonly<Record<string, string>>;
}

/** What is kept of a Secret beside checksums. */
export interface SecretSummary {
  readonly certificate?: CertificateSummary;
  readonly keySet?: SeenKeySet;
  /** Of the secret for sessions. */
  readonly sizeBytes?: number;
}

function secretSummary(data: Readonly<Record<string, string>>, createdAt: number): SecretSummary {
  const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString('utf8');
  const { jwtKeys, sessionSecret } = fileNames;
  const certificate =
    data['tls.crt'] === undefined ? undefined : readCertificate(text('tls.crt'), text('tls.key'));
  return {
    ...(certificate && { certificate }),
    ...(data[jwtKeys] !== undefined && { keySet: readKeySet(text(jwtKeys), createdAt) }),
    ...(data[sessionSecret] !== undefined && {
      sizeBytes: Buffer.byteLength(text(sessionSecret).trim()),
    }),
  };
}

/** A Secret: checksums, and what its content says apart from its secrets. Neither key nor certificate enters the cache. */
export function keepSecret(object: KubeObject): KubeObject & SecretSummary {
  const data = (object['data'] ?? {}) as Readonly<Record<string, string>>;
  const { creationTimestamp = '', annotations } = object.metadata;
  const { metadata, ...kept } = keepChecksums(object);
  const told = pick(annotations, [annotationKeys.rotateJwt]) as Record<string, string>;
  return {
    ...kept,
    metadata: { ...metadata, creationTimestamp, annotations: told },
    ...secretSummary(data, Math.floor(Date.parse(creationTimestamp) / 1000)),
  };
}

/** How the last fetch went. */
export function keepExternalSecret(object: KubeObject): KubeObject {
  return trimmed(object, { status: { conditions: conditions(object['status']) } });
}

/** Class and addresses: what the way to the shop is judged by. */
export function keepIngress(object: KubeObject): KubeObject {
  const status = (object['status'] ?? {}) as {
    readonly loadBalancer?: { readonly ingress?: readonly Json[] };
  };
  const addresses = (status.loadBalancer?.ingress ?? []).map((entry) =>
    pick(entry, ['ip', 'hostname']),
  );
  return trimmed(object, {
    spec: pick(object['spec'], ['ingressClassName']),
    status: { loadBalancer: { ingress: addresses } },
  });
}

/** What cert-manager says of a certificate: whether it has it or is about to, and when it renews it. */
export function keepCertificate(object: KubeObject): KubeObject {
  const { status } = object;
  const { conditions: list = [] } = (status ?? {}) as { conditions?: readonly Json[] };
  const kept = ['type', 'status', 'reason', 'message', 'observedGeneration'];
  return trimmed(object, {
    status: {
      ...pick(status, ['renewalTime', 'failedIssuanceAttempts']),
      conditions: list.map((condition) => pick(condition, kept)),
    },
  });
}

/** Whether an issuer can issue; not what it has to. */
export function keepIssuer(object: KubeObject): KubeObject {
  return trimmed(object, { status: { conditions: conditions(object['status']) } });
}

/** Marks the class of Ingresses that name none, https://kubernetes.io/docs/concepts/services-networking/ingress/#default-ingress-class. */
export const defaultClassAnnotation = 'ingressclass.kubernetes.io/is-default-class';

/** Its controller, whether it is the default, and its age. */
export function keepIngressClass({ apiVersion, kind, metadata, spec }: KubeObject): KubeObject {
  const { annotations } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      ...(pick(metadata, [
        'name',
        'uid',
        'resourceVersion',
        'creationTimestamp',
      ]) as unknown as ObjectMeta),
      annotations: pick(annotations, [defaultClassAnnotation]) as Record<string, string>,
    },
    spec: pick(spec, ['controller']),
  };
}

/** Reasons of every healthy start. */
const ordinaryWaiting = new Set(['ContainerCreating', 'PodInitializing']);

interface ContainerStatus {
  readonly name: string;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: { readonly exitCode?: number };
  };
  readonly lastState?: {
    readonly terminated?: { readonly reason?: string; readonly exitCode?: number };
  };
}

/** A running container tells nothing; a waiting one tells why, and how it ended before. */
function containerProblem(status: ContainerStatus): readonly Json[] {
  const waiting = status.state?.waiting;
  if (waiting === undefined || ordinaryWaiting.has(waiting.reason ?? '')) return [];
  const terminated = status.lastState?.terminated;
  return [
    {
      name: status.name,
      state: { waiting: pick(waiting, ['reason', 'message']) },
      ...(terminated && { lastState: { terminated: pick(terminated, ['reason', 'exitCode']) } }),
    },
  ];
}

const migration: PartName = 'migration';

/** How a try of a migration failed: nothing else tells, and its pod is not restarted. */
function migrationFailure(object: KubeObject, status: ContainerStatus): readonly Json[] {
  const terminated = status.state?.terminated;
  if (object.metadata.labels?.[labelKeys.component] !== migration) return [];
  if (terminated === undefined || terminated.exitCode === 0) return [];
  const kept = ['reason', 'exitCode', 'message', 'finishedAt'];
  return [{ name: status.name, state: { terminated: pick(terminated, kept) } }];
}

/** Only what is wrong with a pod: a healthy one is the same bytes in each phase of its life, so it wakes nobody. */
export function keepPod(object: KubeObject): KubeObject {
  const status = (object['status'] ?? {}) as {
    readonly conditions?: readonly Json[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
  const unscheduled = conditions(status).filter(
    (condition) => condition['type'] === 'PodScheduled' && condition['status'] === 'False',
  );
  const { labels, ...metadata } = childMetadata(object.metadata);
  const { generation: _generation, ownerReferences: _owners, ...identity } = metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { ...identity, ...(labels && { labels }) },
    status: {
      conditions: unscheduled,
      containerStatuses: [
        ...(status.initContainerStatuses ?? []).flatMap(containerProblem),
        ...(status.containerStatuses ?? []).flatMap(containerProblem),
        ...(status.containerStatuses ?? []).flatMap((one) => migrationFailure(object, one)),
      ],
    },
  };
}
