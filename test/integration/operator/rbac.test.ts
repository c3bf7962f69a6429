import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { operatorNamespace, operatorRelease } from '../../../dev/helm-command.ts';
import { renderChart } from '../../../dev/operator-role.ts';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { withOperator } from '../../support/operator.ts';
import { installPublishedCrds } from '../../support/published-crds.ts';
import { children, installIngressClass, list, read, readyStore } from '../../support/stores.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

const operatorUser = `system:serviceaccount:${operatorNamespace}:${operatorRelease}`;

/** Granted by design, but asked for by the API server's own admission instead of by us. */
const checkedByAdmission = new Set(['dhakacart.io dhakacartstores/finalizers update']);

async function grantedVerbs(values: readonly string[]): Promise<readonly string[]> {
  const roles = (await renderChart({ values })).filter(
    ({ kind, metadata }) =>
      (kind === 'ClusterRole' || kind === 'Role') && !/-(viewer|editor|admin)$/.test(metadata.name),
  );
  return roles
    .flatMap((role) => role['rules'] as readonly Rule[])
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${group} ${resource} ${verb}`)),
      ),
    );
}

function auditEvents(path: string): readonly AuditEvent[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.includes(operatorUser))
    .map((line) => JSON.parse(line) as AuditEvent);
}

/** An apply that made an object (201) needed the right to create it as well. */
function usedVerbs({ verb, objectRef, responseStatus }: AuditEvent): readonly string[] {
  const resource = [objectRef?.resource, objectRef?.subresource].filter(Boolean).join('/');
  const verbs = verb === 'patch' && responseStatus?.code === 201 ? ['patch', 'create'] : [verb];
  return verbs.map((used) => `${objectRef?.apiGroup ?? ''} ${resource} ${used}`);
}

describe.each(['ClusterRole', 'Role'])('the %s of the chart', (role) => {
  const cluster = withOwnCluster();
  const namespace = withNamespace('rbac', cluster);
  const watched = (): readonly string[] => (role === 'Role' ? [namespace()] : []);
  const operator = withOperator(cluster, { capabilities: { unwatchedRefreshMs: 2_000 } }, watched);
  const merge = (spec: object): Promise<string> =>
    mustRun(cluster(), [
      'patch',
      'dcs/shop',
      '-n',
      namespace(),
      '--type=merge',
      '-p',
      JSON.stringify({ spec }),
    ]);

  it('grants what a whole life of a store needs, and nothing that it does not', async () => {
    await installPublishedCrds(cluster(), 'gateway-api');
    await installPublishedCrds(cluster(), 'external-secrets');
    await installPublishedCrds(cluster(), 'cert-manager');
    await installIngressClass(cluster(), 'traefik', {
      controller: 'traefik.io/ingress-controller',
    });
    await readyStore(cluster(), namespace(), 'shop', {
      api: {},
      web: {},
      deletion: { policy: 'Delete' },
      tls: { acme: { email: 'tls@example.com' } },
    });
    await read(cluster(), ['ingress/shop-ingress', '-n', namespace()]);
    const region = 'ap-south-1';
    await merge({
      secrets: { mode: 'ExternalSecrets', externalSecrets: { awsSecretsManager: { region } } },
    });
    await eventually(() => read(cluster(), ['externalsecret/shop-extsession', '-n', namespace()]));
    await merge({ secrets: { mode: 'Generated', externalSecrets: null } });
    await eventually(() => read(cluster(), ['certificate/shop-tls', '-n', namespace()]));
    // One of each kind is pruned or set back, so that every verb has its turn; a release makes the Job of before go.
    await merge({
      version: '1.0.1',
      web: { autoscaling: { enabled: false }, disruptionBudget: { enabled: false } },
      exposure: { mode: 'None' },
      tls: { mode: 'SelfSigned', acme: null },
      networkPolicy: { enabled: false },
      api: {
        env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'shop-session', key: 'secret' } } }],
      },
    });
    // The same drift twice within minutes is one Event with a series.
    for (const round of [1, 2]) {
      await mustRun(cluster(), [
        'scale',
        'deployment/shop-web',
        '-n',
        namespace(),
        `--replicas=${round + 7}`,
      ]);
      await eventually(async () => {
        const { spec } = await read(cluster(), ['deployment/shop-web', '-n', namespace()]);
        expect(spec.replicas).toBe(3);
      });
    }
    await eventually(async () => {
      const kinds = (await children(cluster(), namespace(), 'shop')).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'PodDisruptionBudget')).toHaveLength(1);
      expect(kinds.filter((kind) => kind === 'Job')).toHaveLength(1);
      expect(kinds).not.toContain('Ingress');
      expect(kinds).not.toContain('NetworkPolicy');
      expect(await list(cluster(), 'certificates,issuers', ['-n', namespace()])).toEqual([]);
    });
    const made = (object: string): Promise<unknown> =>
      eventually(() => read(cluster(), [object, '-n', namespace()]));
    const gone = (object: string): Promise<unknown> =>
      eventually(() => expect(read(cluster(), [object, '-n', namespace()])).rejects.toThrow());
    const attach = (gateway: object | null, mode = 'Gateway'): Promise<string> =>
      merge({ exposure: { mode, gateway } });
    await attach({ attach: 'ListenerSet', parentRef: { name: 'shared' } });
    await made('listenerset/shop-listeners');
    await attach({ attach: 'Gateway', parentRef: null, gatewayClassName: 'any' });
    await made('gateway/shop-gateway');
    await gone('listenerset/shop-listeners');
    await attach(null, 'None');
    await gone('gateway/shop-gateway');
    await gone('httproute/shop-route');
    await mustRun(cluster(), ['delete', 'dcs/shop', '-n', namespace(), '--wait']);
    await operator().stop();

    const events = auditEvents(cluster().auditLogPath ?? '');
    const used = new Set(events.flatMap(usedVerbs));
    const refused = events
      .filter(({ responseStatus }) => responseStatus?.code === 403)
      .flatMap(usedVerbs);
    const values = watched().map((name) => `watchNamespaces={${name}}`);
    const granted = (await grantedVerbs(values)).filter((verb) => !checkedByAdmission.has(verb));

    expect(refused).toEqual([]);
    expect(granted.filter((verb) => verb.includes('*'))).toEqual([]);
    expect(granted.filter((verb) => !used.has(verb))).toEqual([]);
    if (role === 'Role') {
      const places = new Set(events.flatMap((each) => each.objectRef?.namespace ?? []));
      expect([...places].toSorted()).toEqual([operatorNamespace, namespace()]);
      expect(
        events.filter(
          ({ objectRef }) => objectRef !== undefined && objectRef.namespace === undefined,
        ),
      ).toEqual([]);
    }
  });
});
