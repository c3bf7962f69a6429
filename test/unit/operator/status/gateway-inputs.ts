// A store behind a Gateway of the platform where all is well, with whatever the test is about.
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import type { ExposurePlan } from '../../../../operator/exposure/exposure-plan.ts';
import type { GatewayPlan } from '../../../../operator/exposure/gateway-plan.ts';
import type {
  GatewayObjects,
  LiveCondition,
  LiveGateway,
  LiveRoute,
} from '../../../../operator/status/observation.ts';
import { conditionOf, healthy, statusOf } from './status-inputs.ts';

export const generation = 3;
export const said = (type: string, ...rest: Partial<LiveCondition>[]): LiveCondition =>
  Object.assign({ type, status: 'True', reason: type, observedGeneration: generation }, ...rest);
export const refused = (type: string, reason: string): LiveCondition =>
  said(type, { status: 'False', reason, message: 'as its controller says' });

const parent = { kind: 'Gateway', namespace: 'infra', name: 'shared' };

export function aRoute(
  name: string,
  section: string,
  ...conditions: readonly LiveCondition[]
): LiveRoute {
  const judged = conditions.length > 0 ? conditions : [said('Accepted'), said('ResolvedRefs')];
  return {
    metadata: { name, generation },
    status: { parents: [{ parentRef: { ...parent, sectionName: section }, conditions: judged }] },
  };
}

export function aGateway(
  changes: { readonly conditions?: readonly LiveCondition[]; readonly https?: LiveCondition } = {},
  addresses: readonly string[] = ['203.0.113.9'],
): LiveGateway {
  const { conditions = [said('Accepted'), said('Programmed')], https = said('ResolvedRefs') } =
    changes;
  return {
    metadata: { name: 'shared', generation },
    spec: {
      gatewayClassName: 'envoy',
      listeners: [
        { name: 'http', protocol: 'HTTP' },
        { name: 'https', protocol: 'HTTPS' },
        { name: 'other', protocol: 'HTTPS' },
      ],
    },
    status: {
      conditions,
      addresses: addresses.map((value) => ({ value })),
      listeners: [
        { name: 'https', conditions: [https] },
        { name: 'other', conditions: [refused('ResolvedRefs', 'InvalidCertificateRef')] },
      ],
    },
  };
}

export const sound: GatewayObjects = {
  route: aRoute('dhaka-route', 'https'),
  redirect: aRoute('dhaka-redirect', 'http'),
  gateway: aGateway(),
};

export const plan: GatewayPlan = {
  mode: 'Gateway',
  attach: 'Route',
  gateway: { namespace: 'infra', name: 'shared' },
  className: 'envoy',
  controller: 'example.com/envoy',
  features: { redirect: true, headers: true, timeouts: true },
};

export const parentRef = {
  name: 'shared',
  namespace: 'infra',
  sectionName: 'https',
  httpSectionName: 'http',
};

export interface Wish {
  readonly objects?: GatewayObjects;
  readonly plan?: ExposurePlan;
  readonly exposure?: StoreSpecInput['exposure'];
  readonly tls?: StoreSpecInput['tls'];
}

export function judge({ objects = sound, plan: exposure = plan, ...wish }: Wish = {}) {
  const { ingress: _ingress, ...rest } = healthy();
  const spec = {
    exposure: wish.exposure ?? { mode: 'Gateway' as const, gateway: { parentRef } },
    ...(wish.tls && { tls: wish.tls }),
  };
  const status = statusOf({ spec, observations: { ...rest, exposure, gateway: objects } });
  const of = (type: 'ExposureReady' | 'TLSReady') => {
    const found = conditionOf(status, type);
    return { text: `${found?.status} ${found?.reason}`, message: found?.message ?? '' };
  };
  return { status, exposure: of('ExposureReady'), tls: of('TLSReady') };
}

export const ready = 'Ready=True AllComponentsReady';
export const stalled = (reason: string): string =>
  `Ready=False NotReachable, Stalled=True ${reason}`;
