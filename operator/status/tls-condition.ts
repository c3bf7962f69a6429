// `TLSReady` and `status.tls`: whether the certificate is good for the hosts, from what the Secret holds and never from what
// was meant to be in it. Only a certificate of the owner's keeps the store from being Ready: the operator's own is drawn
// with the next reconcile.
import type { StoreStatus, TlsStatus } from '../../crds/store/status.ts';
import type { StoreSpec } from '../../crds/store/store.ts';
import type { TlsPlan } from '../exposure/tls-plan.ts';
import { childName } from '../names.ts';
import { expiringSoonMs } from '../x509/lifetime.ts';
import type { CertificateSummary } from '../x509/read-certificate.ts';
import { boundedText } from './bounded-text.ts';
import { certManagerCondition } from './cert-manager-condition.ts';
import { certificateFault, failing, issuerName, type Judged } from './certificate-fault.ts';
import type { Explanation } from './part-health.ts';
import type { Judgement } from './judgement.ts';
import type { StatusInput } from './observation.ts';
import { platformAttachment, platformTls } from './platform-tls.ts';

/** Reasons of TLSReady that need the owner, and the reason of Stalled for each. */
const blocking: Readonly<Record<string, string>> = {
  SecretMissing: 'MissingReference',
  Unreadable: 'CertificateUnreadable',
  KeyMismatch: 'CertificateKeyMismatch',
  ChainBroken: 'CertificateChainBroken',
  HostsNotCovered: 'CertificateHostsNotCovered',
  NotYetValid: 'CertificateNotYetValid',
  Expired: 'CertificateExpired',
};

/** Reasons of Stalled that a judgement on the certificate gives and no failure does. */
export const certificateStalls: readonly string[] = Object.values(blocking).filter(
  (reason) => reason !== 'MissingReference',
);

function soundCertificate(certificate: CertificateSummary, judged: Judged): Judgement {
  const { subject, hosts, keeper, nowMs } = judged;
  const { notAfter, issuer } = certificate;
  const told = `${subject} for ${hosts.join(', ')} is valid until ${notAfter}`;
  if (keeper === 'operator') {
    const message = `${told}; it is self-signed, so browsers warn: name your own with spec.tls.mode ExistingSecret`;
    return { status: 'True', reason: 'SelfSigned', message: boundedText(message) };
  }
  if (nowMs >= expiringSoonMs(certificate)) {
    return {
      status: 'True',
      reason: 'ExpiringSoon',
      message: boundedText(`${told}; renew it now`),
    };
  }
  return {
    status: 'True',
    reason: 'Valid',
    message: boundedText(`${told}, issued by ${issuerName(issuer)}`),
  };
}

/** Nobody could look: the last judgement stands if it was about the same spec. */
function unjudged({ previous, metadata }: StatusInput, name: string): Judgement {
  const last = previous?.conditions?.find(({ type }) => type === 'TLSReady');
  if (last !== undefined && last.observedGeneration === metadata.generation) {
    const { status, reason, message } = last;
    return { status, reason, message };
  }
  const message = `not judged yet: Secret ${name}`;
  return { status: 'Unknown', reason: 'NotJudgedYet', message };
}

/** What cert-manager would do for a store of mode Auto that has none. */
function unusedIssuer({ spec, observations }: StatusInput): string {
  const isMeant = spec?.tls.issuerRef !== undefined || spec?.tls.acme !== undefined;
  return isMeant && observations.tls?.mode === 'SelfSigned'
    ? '; the cluster has no cert-manager, which would get one from the issuer of spec.tls'
    : '';
}

function secretCondition(input: StatusInput, plan: TlsPlan): Judgement {
  const { spec, metadata, observations, now } = input;
  const { certificate: seen } = observations;
  const name = plan.secrets[0]?.secretName ?? '';
  const keeper = plan.mode === 'ExistingSecret' ? 'owner' : 'operator';
  if (seen.kind === 'unread') return unjudged(input, name);
  if (seen.kind === 'absent') {
    const remedy =
      keeper === 'owner'
        ? `create it: kubectl create secret tls ${name} -n ${metadata.namespace} --cert=FILE --key=FILE`
        : 'the operator draws it';
    return failing('SecretMissing', `Secret ${name} does not exist; ${remedy}`);
  }
  if (seen.kind !== 'read') {
    return failing('Unreadable', `Secret ${name} has no certificate in PEM form under tls.crt`);
  }
  const subject = `the certificate in Secret ${name}`;
  const judged = { subject, hosts: spec?.hosts ?? [], keeper, nowMs: Date.parse(now) } as const;
  const fault = certificateFault(seen.certificate, judged);
  if (fault !== undefined) return fault;
  const sound = soundCertificate(seen.certificate, judged);
  return { ...sound, message: boundedText(`${sound.message}${unusedIssuer(input)}`) };
}

/** `TLSReady`; undefined while the spec is not valid. Pure. */
export function tlsCondition(input: StatusInput): Judgement | undefined {
  const { spec, metadata, observations, now } = input;
  const { tls: plan, certManager: observed } = observations;
  if (spec === undefined || plan === undefined) return undefined;
  if (plan.mode === 'Off') {
    const message =
      'the shop is served over plain http, as spec.tls.mode asks; shoppers can buy only where TLS ends in front of it, at a load balancer for example';
    return { status: 'True', reason: 'Off', message };
  }
  const attached = platformAttachment(input);
  if (attached !== undefined) return platformTls(attached);
  if (observed === undefined) return secretCondition(input, plan);
  const nowMs = Date.parse(now);
  return (
    certManagerCondition({ metadata, spec, plan, observed, nowMs }) ??
    unjudged(input, childName(metadata.name, 'cert'))
  );
}

/** Why the owner's certificate keeps shoppers away, or undefined. Pure. */
export function certificateTrouble(
  judgement: Pick<Judgement, 'status' | 'reason' | 'message'> | undefined,
  spec: Pick<StoreSpec, 'tls'> | undefined,
): Explanation | undefined {
  if (spec?.tls.mode !== 'ExistingSecret' || judgement?.status !== 'False') return undefined;
  const reason = blocking[judgement.reason];
  return reason === undefined ? undefined : { reason, message: judgement.message };
}

/** The same, read from a status. Pure. */
export function missingCertificate(
  { conditions = [] }: StoreStatus,
  spec: Pick<StoreSpec, 'tls'>,
): Explanation | undefined {
  return certificateTrouble(
    conditions.find(({ type }) => type === 'TLSReady'),
    spec,
  );
}

/** As many names as the status holds. */
const maxNames = 100;

/** `status.tls`. Pure. */
export function tlsStatus(input: StatusInput): TlsStatus | undefined {
  const { spec, previous, observations } = input;
  const { certificate: seen, certManager, tls: plan } = observations;
  if (spec === undefined || plan === undefined) return previous?.tls;
  if (platformAttachment(input) !== undefined) return { mode: 'Platform' };
  const { mode } = plan;
  const secretName = plan.secrets[0]?.secretName;
  if (secretName === undefined) return { mode };
  const last = previous?.tls;
  if (seen.kind === 'unread' && last?.secretName === secretName && last.mode === mode) return last;
  const { renewalTime, failedIssuanceAttempts } = certManager?.certificate?.status ?? {};
  const issuance = {
    ...(renewalTime !== undefined && { renewalTime }),
    ...(failedIssuanceAttempts !== undefined && { failedIssuanceAttempts }),
  };
  if (seen.kind !== 'read') return { mode, secretName, ...issuance };
  const { issuer, notBefore, notAfter, hosts } = seen.certificate;
  return {
    mode,
    secretName,
    ...(issuer !== '' && { issuer }),
    notBefore,
    notAfter,
    ...issuance,
    ...(hosts.length > 0 && { hosts: hosts.slice(0, maxNames) }),
  };
}
