// `ExposureReady` and `status.exposure`: whether shoppers find the way to the store. A cluster without an ingress controller
// keeps a store from being Ready only when the owner has asked for one.
import type { ExposureStatus } from '../../crds/store/status.ts';
import type { StoreSpec } from '../../crds/store/store.ts';
import { controllerNote, edgePolicy, isHttps } from '../exposure/edge-adapters.ts';
import type { ExposurePlan, IngressPlan, NoPlan } from '../exposure/exposure-plan.ts';
import { gatewayEdgePolicy, type GatewayPlan, isGatewayUnread } from '../exposure/gateway-plan.ts';
import type { TakenHost } from '../exposure/shared-hosts.ts';
import { childName } from '../names.ts';
import { boundedText } from './bounded-text.ts';
import {
  type Attached,
  gatewayAddresses,
  gatewayCondition,
  gatewayKey,
  gatewayStalls,
  isRedirectAccepted,
} from './gateway-condition.ts';
import type { Explanation } from './part-health.ts';
import type { Judgement } from './judgement.ts';
import type { LiveIngress, Observations, StatusInput } from './observation.ts';

/** Reasons of ExposureReady, and of Stalled, that need a person. */
export const exposureStalls: readonly string[] = [
  'NoController',
  'ClassNotFound',
  'HostTaken',
  ...gatewayStalls,
];

/** As many as the status holds. */
const maxAddresses = 20;

function addresses(ingress: LiveIngress | undefined): readonly string[] {
  const entries = ingress?.status?.loadBalancer?.ingress ?? [];
  return entries.flatMap(({ ip, hostname }) => ip ?? hostname ?? []).slice(0, maxAddresses);
}

function planFault(plan: IngressPlan | NoPlan): Judgement | undefined {
  if (plan.problem === 'NoController') {
    const message =
      'the cluster has no IngressClass: install an ingress controller such as Traefik, or set spec.exposure.mode to None';
    return { status: 'False', reason: plan.problem, message };
  }
  if (plan.problem === 'ClassNotFound') {
    const message = `IngressClass ${plan.className} does not exist: install its controller, or name another class in spec.exposure.ingress.className`;
    return { status: 'False', reason: plan.problem, message };
  }
  return undefined;
}

function hostTaken({ host, by }: TakenHost): Judgement {
  const message =
    `host ${host} is exposed by the older store ${by}, too, and an ingress controller serves one of the two: ` +
    'take it out of spec.hosts of one of them, or set spec.exposure.mode of one to None';
  return { status: 'False', reason: 'HostTaken', message };
}

const unchecked =
  'whether its class exists is not checked: the operator watches single namespaces, and IngressClasses belong to the cluster';

/** The class that the Ingress has, by the plan or from the cluster. */
function classOf({ className }: IngressPlan, ingress: LiveIngress | undefined): string | undefined {
  return className ?? ingress?.spec?.ingressClassName;
}

/** What an owner can do about an address that does not come. */
function addressAdvice({ controller, isUnchecked }: IngressPlan, className?: string): string {
  if (isUnchecked !== true) return `see that its controller ${controller} runs and has one to give`;
  return className === undefined
    ? 'name a class in spec.exposure.ingress.className, or see that the cluster has a default IngressClass; ' +
        'the operator watches single namespaces and cannot check it'
    : `see that the controller of the class runs and has one to give; ${unchecked}`;
}

type WayIn = 'ingress' | 'taken' | 'gateway';

interface Seen {
  readonly metadata: StatusInput['metadata'];
  readonly observations: Pick<Observations, WayIn>;
}

/** The way by an Ingress, or none. */
function ingressCondition(
  { metadata, observations: { ingress, taken } }: Seen,
  plan: IngressPlan | NoPlan,
): Judgement {
  const fault = planFault(plan);
  if (fault !== undefined) return fault;
  if (plan.mode === 'None') {
    const message = 'nothing leads to the store, as spec.exposure.mode asks';
    return { status: 'True', reason: 'NotExposed', message };
  }
  if (taken !== undefined) return hostTaken(taken);
  const subject = `Ingress ${childName(metadata.name, 'ingress')}`;
  if (ingress === undefined) {
    return { status: 'False', reason: 'IngressMissing', message: `${subject} does not exist` };
  }
  const className = classOf(plan, ingress);
  const note = plan.isUnchecked === true ? unchecked : controllerNote(plan.controller);
  const told = className === undefined ? subject : `${subject} of class ${className}`;
  const found = addresses(ingress);
  if (found.length === 0) {
    const message = `${told} has no address yet: ${addressAdvice(plan, className)}`;
    return { status: 'False', reason: 'AddressPending', message };
  }
  const message = `${told} is served at ${found.join(', ')}${note === undefined ? '' : `; ${note}`}`;
  return { status: 'True', reason: 'Ready', message };
}

function attachedTo(
  { metadata, observations }: Seen,
  spec: StoreSpec,
  plan: GatewayPlan,
): Attached {
  return { metadata, spec, plan, objects: observations.gateway ?? {} };
}

const kept = {
  Ingress: 'the Ingress of before stays until then',
  Gateway: 'the HTTPRoute of before stays until then',
} as const;

function withNotes(judgement: Judgement, { lacksGatewayApi, keeps }: ExposurePlan): Judgement {
  const notes = [
    judgement.message,
    ...(lacksGatewayApi ? ['the Gateway that is named is not used: there is no Gateway API'] : []),
    ...(keeps === undefined || judgement.status === 'True' ? [] : [kept[keeps]]),
  ];
  return { ...judgement, message: boundedText(notes.join('; ')) };
}

/** Whether a way works, so that the one of before may go. Pure. */
export function exposureWorks(
  { metadata, spec }: Pick<StatusInput, 'metadata'> & { readonly spec: StoreSpec },
  plan: ExposurePlan,
  observations: Pick<Observations, WayIn>,
): boolean {
  const judgement =
    plan.mode === 'Gateway'
      ? gatewayCondition(attachedTo({ metadata, observations }, spec, plan))
      : ingressCondition({ metadata, observations }, plan);
  return judgement.status === 'True';
}

/** Nothing is known of the objects: what was said of the same spec stands. */
function unread({ previous, metadata }: StatusInput): Judgement | undefined {
  const last = previous?.conditions?.find(({ type }) => type === 'ExposureReady');
  if (last?.observedGeneration !== metadata.generation) return undefined;
  const { status, reason, message } = last;
  return { status, reason, message };
}

/** `ExposureReady`; undefined while the spec is not valid. Pure. */
export function exposureCondition(input: StatusInput): Judgement | undefined {
  const { spec, observations } = input;
  const { exposure: plan } = observations;
  if (spec === undefined || plan === undefined) return undefined;
  if (plan.mode !== 'Gateway') return withNotes(ingressCondition(input, plan), plan);
  const before = isGatewayUnread(plan) ? unread(input) : undefined;
  return before ?? withNotes(gatewayCondition(attachedTo(input, spec, plan)), plan);
}

/** Why nobody finds the way although the owner asked for one kind of it, or undefined. Pure. */
export function exposureTrouble(
  judgement: Judgement | undefined,
  spec: Pick<StoreSpec, 'exposure'> | undefined,
): Explanation | undefined {
  const { mode } = spec?.exposure ?? {};
  if (mode !== 'Ingress' && mode !== 'Gateway') return undefined;
  if (judgement?.status !== 'False') return undefined;
  const { reason, message } = judgement;
  return exposureStalls.includes(reason) ? { reason, message } : undefined;
}

/** Address of the shop at a host. Pure. */
export function shopAddress(spec: Pick<StoreSpec, 'tls'>, host: string): string {
  return `${isHttps(spec) ? 'https' : 'http'}://${host}`;
}

/** `status.exposure`. Pure. */
export function exposureStatus(input: StatusInput): ExposureStatus | undefined {
  const { spec, previous, observations } = input;
  const { exposure: plan, ingress } = observations;
  if (spec === undefined || plan === undefined) return previous?.exposure;
  if (plan.mode === 'None') return { mode: 'None' };
  const { mode, controller } = plan;
  const className = plan.mode === 'Ingress' ? classOf(plan, ingress) : plan.className;
  const attached = plan.mode === 'Gateway' ? attachedTo(input, spec, plan) : undefined;
  const found = attached === undefined ? addresses(ingress) : gatewayAddresses(attached.objects);
  return {
    mode,
    ...(className !== undefined && { className }),
    ...(attached !== undefined && { gateway: gatewayKey(attached) }),
    ...(controller !== undefined && { controller }),
    urls: spec.hosts.map((host) => shopAddress(spec, host)),
    ...(found.length > 0 && { addresses: found.slice(0, maxAddresses) }),
    edgePolicy:
      attached === undefined
        ? edgePolicy(spec, controller)
        : gatewayEdgePolicy(spec, attached.plan, isRedirectAccepted(attached)),
  };
}
