// The restricted Pod Security Standard as an evaluator of our own, so that a pod that a cluster would refuse is noticed
// without one. https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
import type { IPodSpec, ISecurityContext } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { aStore } from '../../../support/a-store.ts';
import { allObjects, sampleNames, sampleStore } from './sample-stores.ts';

const volumeTypes = [
  'configMap',
  'emptyDir',
  'secret',
  'projected',
  'downwardAPI',
  'persistentVolumeClaim',
  'csi',
  'ephemeral',
];
const seccompTypes = ['RuntimeDefault', 'Localhost'];

function containerViolations(pod: IPodSpec, context: ISecurityContext = {}): string[] {
  const seccomp = context.seccompProfile ?? pod.securityContext?.seccompProfile;
  const added = context.capabilities?.add ?? [];
  const checks: readonly (readonly [boolean, string])[] = [
    [context.privileged !== true, 'privileged'],
    [context.allowPrivilegeEscalation === false, 'allowPrivilegeEscalation'],
    [context.capabilities?.drop?.includes('ALL') === true, 'capabilities.drop'],
    [added.every((name) => name === 'NET_BIND_SERVICE'), 'capabilities.add'],
    [(context.runAsNonRoot ?? pod.securityContext?.runAsNonRoot) === true, 'runAsNonRoot'],
    [(context.runAsUser ?? pod.securityContext?.runAsUser) !== 0, 'runAsUser'],
    [seccompTypes.includes(seccomp?.type ?? ''), 'seccompProfile'],
  ];
  return checks.flatMap(([holds, name]) => (holds ? [] : [name]));
}

function violations(pod: IPodSpec): string[] {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => pod[name]);
  const volumes = (pod.volumes ?? []).flatMap(({ name: _name, ...source }) =>
    Object.keys(source).filter((type) => !volumeTypes.includes(type)),
  );
  const containers = [...(pod.initContainers ?? []), ...pod.containers];
  const ports = containers.flatMap(({ ports: list = [] }) => list.filter((port) => port.hostPort));
  return [
    ...shared,
    ...volumes,
    ...ports.map(() => 'hostPort'),
    ...containers.flatMap(({ securityContext }) => containerViolations(pod, securityContext)),
  ];
}

interface Templated {
  readonly template?: { readonly spec: IPodSpec };
}

/** The pods of a store by the names of their containers. */
const podSpecs = (store: ReturnType<typeof aStore>): ReadonlyMap<string, IPodSpec> =>
  new Map(
    allObjects(store).flatMap(({ manifest }) => {
      const { template } = (manifest['spec'] ?? {}) as Templated;
      return template === undefined
        ? []
        : [[template.spec.containers[0]?.name ?? '', template.spec]];
    }),
  );

const podSpec = (store: ReturnType<typeof aStore>, container: string): IPodSpec => {
  const found = podSpecs(store).get(container);
  if (found === undefined) throw new Error(`no pod with a container ${container}`);
  return found;
};

/** Users of the images. */
const users: Readonly<Record<string, number>> = {
  api: 65532,
  web: 101,
  database: 999,
  migration: 65532,
};
const samples = {
  minimal: ['database', 'migration', 'api', 'web'],
  'external-secrets': ['database', 'migration', 'api', 'web'],
  gateway: ['database', 'migration', 'api', 'web'],
  // Its database is on RDS.
  production: ['migration', 'api', 'web'],
} as const satisfies Record<(typeof sampleNames)[number], readonly string[]>;

describe.each(sampleNames)('the pods of the %s sample', (sample) => {
  it('are these', () => {
    expect([...podSpecs(sampleStore(sample)).keys()]).toEqual(samples[sample]);
  });

  it.each(samples[sample])('satisfy the restricted standard: %s', (name) => {
    expect(violations(podSpec(sampleStore(sample), name))).toEqual([]);
  });

  it.each(samples[sample])(
    'have a read-only root, a user of their own and no token: %s',
    (name) => {
      const runAsUser = users[name];
      expect(podSpec(sampleStore(sample), name)).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsUser, fsGroup: runAsUser },
        containers: [{ securityContext: { readOnlyRootFilesystem: true } }],
      });
    },
  );
});

describe('the evaluator', () => {
  it('notices what the standard forbids', () => {
    const pod = podSpec(aStore(), 'api');
    expect(violations({ ...pod, hostNetwork: true })).toEqual(['hostNetwork']);
    expect(violations({ ...pod, volumes: [{ name: 'x', hostPath: { path: '/' } }] })).toEqual([
      'hostPath',
    ]);
    expect(violations({ containers: [{ name: 'x' }] })).toHaveLength(4);
  });
});
