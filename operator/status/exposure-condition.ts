// `ExposureReady` and `status.exposure`: whether shoppers find the way to the store. A cluster without an ingress controller
// keeps a store from being Ready only when the owner has asked for one.
import type { ExposureStatus } from '../../crds/store/status.ts';
import type { StoreSpec } from '../../crds/store/store.ts';
import { controllerNote, edgePolicy, isHttps } from '../exposure/edge-adapters.ts';
import type { ExposurePlan } from '../exposure/exposure-plan.ts';
import { childName } from '../names.ts';
import { boundedText } from './bounded-text.ts';
import type { Explanation } from './part-health.ts';
import type { Judgement } from './judgement.ts';
import type { LiveIngress, StatusInput } from './observation.ts';

/** Reasons of ExposureReady, and of Stalled, that a missing class gives. */
export const exposureStalls: readonly string[] = ['NoController', 'ClassNotFound'];

/** As many as the status holds. */
const maxAddresses = 20;

function addresses(ingress: LiveIngress | undefined): readonly string[] {
  const entries = ingress?.status?.loadBalancer?.ingress ?? [];
  return entries.flatMap(({ ip, hostname }) => ip ?? hostname ?? []).slice(0, maxAddresses);
}

function planFault({ problem, className }: ExposurePlan): Judgement | undefined {
  if (problem === 'NoController') {
    const message =
      'the cluster has no IngressClass: install an ingress controller such as Traefik, or set spec.exposure.mode to None';
    return { status: 'False', reason: problem, message };
  }
  if (problem === 'ClassNotFound') {
    const message = `IngressClass ${className} does not exist: install its controller, or name another class in spec.exposure.ingress.className`;
    return { status: 'False', reason: problem, message };
  }
  return undefined;
}

/** `ExposureReady`; undefined while the spec is not valid. Pure. */
export function exposureCondition({ metadata, observations }: StatusInput): Judgement | undefined {
  const { exposure, ingress } = observations;
  if (exposure === undefined) return undefined;
  const fault = planFault(exposure);
  if (fault !== undefined) return fault;
  if (exposure.mode === 'None') {
    const message = 'the store has no Ingress, as spec.exposure.mode asks';
    return { status: 'True', reason: 'NotExposed', message };
  }
  const subject = `Ingress ${childName(metadata.name, 'ingress')}`;
  if (ingress === undefined) {
    return { status: 'False', reason: 'IngressMissing', message: `${subject} does not exist` };
  }
  const note = controllerNote(exposure.controller);
  const told = `${subject} of class ${exposure.className}`;
  const found = addresses(ingress);
  if (found.length === 0) {
    const message = `${told} has no address yet: its controller ${exposure.controller} has not written one`;
    return { status: 'False', reason: 'AddressPending', message: boundedText(message) };
  }
  const message = `${told} is served at ${found.join(', ')}${note === undefined ? '' : `; ${note}`}`;
  return { status: 'True', reason: 'Ready', message: boundedText(message) };
}

/** Why nobody finds the way although the owner asked for an Ingress, or undefined. Pure. */
export function exposureTrouble(
  judgement: Judgement | undefined,
  spec: Pick<StoreSpec, 'exposure'> | undefined,
): Explanation | undefined {
  if (spec?.exposure.mode !== 'Ingress' || judgement?.status !== 'False') return undefined;
  const { reason, message } = judgement;
  return exposureStalls.includes(reason) ? { reason, message } : undefined;
}

/** Address of the shop at a host. Pure. */
export function shopAddress(spec: Pick<StoreSpec, 'tls'>, host: string): string {
  return `${isHttps(spec) ? 'https' : 'http'}://${host}`;
}

/** `status.exposure`. Pure. */
export function exposureStatus({
  spec,
  previous,
  observations,
}: StatusInput): ExposureStatus | undefined {
  const { exposure, ingress } = observations;
  if (spec === undefined || exposure === undefined) return previous?.exposure;
  if (exposure.mode === 'None') return { mode: 'None' };
  const { className, controller } = exposure;
  const found = addresses(ingress);
  return {
    mode: 'Ingress',
    ...(className !== undefined && { className }),
    ...(controller !== undefined && { controller }),
    urls: spec.hosts.map((host) => shopAddress(spec, host)),
    ...(found.length > 0 && { addresses: [...found] }),
    edgePolicy: edgePolicy(spec, controller),
  };
}
