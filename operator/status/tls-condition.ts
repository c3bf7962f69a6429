// `TLSReady` and `status.tls`: whether the certificate is good for the hosts, from what the Secret holds and never from what
// was meant to be in it. Only a certificate of the owner's keeps the store from being Ready: the operator's own is drawn
// with the next reconcile.
import type { StoreStatus, TlsStatus } from '../../crds/store/status.ts';
import type { StoreSpec } from '../../crds/store/store.ts';
import { tlsSecretName } from '../names.ts';
import { coversHost } from '../x509/host-coverage.ts';
import { expiringSoonMs } from '../x509/lifetime.ts';
import type { CertificateSummary } from '../x509/read-certificate.ts';
import { boundedText } from './bounded-text.ts';
import type { Explanation } from './part-health.ts';
import type { Judgement } from './judgement.ts';
import type { StatusInput } from './observation.ts';
import { platformAttachment, platformTls } from './platform-tls.ts';

/** Reasons of TLSReady that need the owner, and the reason of Stalled for each. */
const blocking: Readonly<Record<string, string>> = {
  SecretMissing: 'MissingReference',
  Unreadable: 'CertificateUnreadable',
  KeyMismatch: 'CertificateKeyMismatch',
  HostsNotCovered: 'CertificateHostsNotCovered',
  NotYetValid: 'CertificateNotYetValid',
  Expired: 'CertificateExpired',
};

/** Reasons of Stalled that a judgement on the certificate gives and no failure does. */
export const certificateStalls: readonly string[] = Object.values(blocking).filter(
  (reason) => reason !== 'MissingReference',
);

const failing = (reason: string, message: string): Judgement => ({
  status: 'False',
  reason,
  message: boundedText(message),
});

interface Judged {
  readonly subject: string;
  readonly hosts: readonly string[];
  readonly isOwners: boolean;
  readonly nowMs: number;
}

function certificateFault(certificate: CertificateSummary, judged: Judged): Judgement | undefined {
  const { subject, hosts, isOwners, nowMs } = judged;
  const { notBefore, notAfter, matchesKey } = certificate;
  const remedy = isOwners ? '; renew it' : '; the operator draws a new one';
  if (!matchesKey) {
    return failing('KeyMismatch', `${subject}: tls.key is not the key of tls.crt; store them anew`);
  }
  const bare = hosts.filter((host) => !coversHost(certificate.hosts, host));
  if (bare.length > 0) {
    const named = certificate.hosts.join(', ') || 'no host';
    const told = `${subject} does not name ${bare.join(', ')}, only ${named}`;
    return failing('HostsNotCovered', `${told}${isOwners ? '; get one for every host' : remedy}`);
  }
  if (nowMs < Date.parse(notBefore)) {
    return failing('NotYetValid', `${subject} is valid from ${notBefore} on only`);
  }
  if (nowMs >= Date.parse(notAfter)) {
    return failing('Expired', `${subject} expired at ${notAfter}${remedy}`);
  }
  return undefined;
}

function soundCertificate(certificate: CertificateSummary, judged: Judged): Judgement {
  const { subject, hosts, isOwners, nowMs } = judged;
  const { notAfter, issuer } = certificate;
  const told = `${subject} for ${hosts.join(', ')} is valid until ${notAfter}`;
  if (!isOwners) {
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
  return { status: 'True', reason: 'Valid', message: boundedText(`${told}, issued by ${issuer}`) };
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

/** `TLSReady`; undefined while the spec is not valid. Pure. */
export function tlsCondition(input: StatusInput): Judgement | undefined {
  const { spec, metadata, observations, now } = input;
  if (spec === undefined) return undefined;
  if (spec.tls.mode === 'Off') {
    const message = 'the shop is served over plain http, as spec.tls.mode asks';
    return { status: 'True', reason: 'Off', message };
  }
  const attached = platformAttachment(input);
  if (attached !== undefined) return platformTls(attached);
  const { certificate: seen } = observations;
  const name = tlsSecretName(metadata.name, spec.tls);
  const isOwners = spec.tls.mode === 'ExistingSecret';
  if (seen.kind === 'unread') return unjudged(input, name);
  if (seen.kind === 'absent') {
    const remedy = isOwners
      ? `create it: kubectl create secret tls ${name} -n ${metadata.namespace} --cert=FILE --key=FILE`
      : 'the operator draws it';
    return failing('SecretMissing', `Secret ${name} does not exist; ${remedy}`);
  }
  if (seen.kind !== 'read') {
    return failing('Unreadable', `Secret ${name} has no certificate in PEM form under tls.crt`);
  }
  const subject = `the certificate in Secret ${name}`;
  const judged = { subject, hosts: spec.hosts, isOwners, nowMs: Date.parse(now) };
  return certificateFault(seen.certificate, judged) ?? soundCertificate(seen.certificate, judged);
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

/** `status.tls`. Pure. */
export function tlsStatus(input: StatusInput): TlsStatus | undefined {
  const { spec, previous, metadata, observations } = input;
  if (spec === undefined) return previous?.tls;
  if (spec.tls.mode === 'Off') return { mode: 'Off' };
  if (platformAttachment(input) !== undefined) return { mode: 'Platform' };
  const mode = spec.tls.mode === 'ExistingSecret' ? 'ExistingSecret' : 'SelfSigned';
  const secretName = tlsSecretName(metadata.name, spec.tls);
  const { certificate: seen } = observations;
  const last = previous?.tls;
  if (seen.kind === 'unread' && last?.secretName === secretName && last.mode === mode) return last;
  if (seen.kind !== 'read') return { mode, secretName };
  const { issuer, notBefore, notAfter, hosts } = seen.certificate;
  return {
    mode,
    secretName,
    issuer,
    notBefore,
    notAfter,
    ...(hosts.length > 0 && { hosts: [...hosts] }),
  };
}
