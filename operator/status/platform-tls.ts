// `TLSReady` of a store whose route is attached to listeners of the platform: the certificate is there, where the operator
// neither makes nor reads it. What can be told is whether the listener speaks TLS and could take its certificate.
import { hasPlatformTls } from '../exposure/exposure-plan.ts';
import { routeSections } from '../exposure/gateway-plan.ts';
import { boundedText } from './bounded-text.ts';
import { type Attached, gatewaySubject } from './gateway-condition.ts';
import type { Judgement } from './judgement.ts';
import type { StatusInput } from './observation.ts';

const judgement = (status: Judgement['status'], reason: string, message: string): Judgement => ({
  status,
  reason,
  message: boundedText(message),
});

/** The attachment of a store whose certificate is the platform's; undefined for any other. Pure. */
export function platformAttachment(input: StatusInput): Attached | undefined {
  const { spec, metadata, observations } = input;
  const { exposure: plan, gateway: objects = {} } = observations;
  if (spec === undefined || plan?.mode !== 'Gateway' || !hasPlatformTls(plan, spec))
    return undefined;
  return { metadata, spec, plan, objects };
}

/** Judges the listeners of the platform's Gateway. Pure. */
export function platformTls(attached: Attached): Judgement {
  const { gateway } = attached.objects;
  const subject = gatewaySubject(attached);
  if (gateway === undefined) {
    const isUnchecked = attached.plan.unchecked === 'Gateway';
    const where = isUnchecked ? 'in a namespace that the operator does not watch' : 'not there';
    const message = `the certificate is at ${subject}, which is ${where}`;
    return judgement('Unknown', 'NotJudgedYet', message);
  }
  const [section] = routeSections(attached.spec, attached.plan).shop;
  const listeners = gateway.spec?.listeners ?? [];
  const named =
    section === undefined ? listeners : listeners.filter(({ name }) => name === section);
  const secure = named.find(({ protocol }) => protocol === 'HTTPS');
  if (secure === undefined) {
    const what = section === undefined ? 'no listener' : `no listener ${section}`;
    const remedy =
      'name its https listener in spec.exposure.gateway.parentRef.sectionName, or set spec.tls.mode to "Off"';
    return judgement('False', 'ListenerNotHttps', `${subject} has ${what} for https: ${remedy}`);
  }
  const status = gateway.status?.listeners?.find(({ name }) => name === secure.name);
  const refs = status?.conditions?.find(({ type }) => type === 'ResolvedRefs');
  if (refs?.status === 'False') {
    const message = `listener ${secure.name} of ${subject} cannot use its certificate: ${refs.reason}: ${refs.message}`;
    return judgement('False', 'PlatformCertificateUnusable', message);
  }
  const message = `listener ${secure.name} of ${subject} ends TLS with the platform's certificate; spec.tls is not used`;
  return judgement('True', 'PlatformCertificate', message);
}
