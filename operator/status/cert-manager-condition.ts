// `TLSReady` of a store whose certificate cert-manager gets. It is true when what was issued is good for every host and
// somebody renews it; until then the hosts that lack it have a self-signed one, so the shop goes on selling, and what is
// missing is told in the words of whoever knows: the issuer, or the Certificate.
import type { Store, StoreSpec } from '../../crds/store/store.ts';
import type { TlsPlan } from '../exposure/tls-plan.ts';
import { acmeIssuerName, childName } from '../names.ts';
import { expiringSoonMs } from '../x509/lifetime.ts';
import type { CertificateSummary } from '../x509/read-certificate.ts';
import { boundedText } from './bounded-text.ts';
import { certificateFault, failing, issuerName } from './certificate-fault.ts';
import type { Judgement } from './judgement.ts';
import type {
  CertManagerObservation,
  LiveCertificate,
  LiveCondition,
  LiveConditioned,
} from './observation.ts';

/** What is looked at. */
export interface CertManagerCase {
  readonly metadata: Pick<Store['metadata'], 'name' | 'namespace'>;
  readonly spec: StoreSpec;
  readonly plan: TlsPlan;
  readonly observed: CertManagerObservation;
  readonly nowMs: number;
}

function conditionOf(object: LiveConditioned | undefined, type: string): LiveCondition | undefined {
  return object?.status?.conditions?.find((condition) => condition.type === type);
}

/** What others say ends with a full stop, or not. */
const said = ({ message, reason }: LiveCondition): string =>
  (message || reason || 'no reason given').replace(/\.\s*$/, '');

const issuedSubject = ({ metadata }: CertManagerCase): string =>
  `the certificate in Secret ${childName(metadata.name, 'cert')}`;

/** Which hosts have what in the meantime. */
function meanwhile({ metadata, plan }: CertManagerCase): string {
  const drawn = plan.secrets.find(
    ({ secretName }) => secretName === childName(metadata.name, 'tls'),
  );
  if (drawn === undefined) return 'until it expires, the one that was issued goes on serving';
  return `until then ${drawn.hosts.join(', ')} ${drawn.hosts.length === 1 ? 'has' : 'have'} a self-signed one that browsers warn about`;
}

function issuerText({ metadata, spec }: CertManagerCase): string {
  const { issuerRef, acme } = spec.tls;
  if (acme !== undefined) return `Issuer ${acmeIssuerName(metadata.name, acme)}`;
  return issuerRef === undefined ? 'the issuer' : `${issuerRef.kind} ${issuerRef.name}`;
}

function issuerTrouble(told: CertManagerCase): string | undefined {
  const { issuer: seen } = told.observed;
  const subject = issuerText(told);
  if (seen.kind === 'absent') {
    const isOurs = told.spec.tls.acme !== undefined;
    const where = subject.startsWith('Issuer') ? ` in namespace ${told.metadata.namespace}` : '';
    return `${subject} does not exist${where}; ${isOurs ? 'the operator makes it' : 'create it, or name another one in spec.tls.issuerRef'}`;
  }
  if (seen.kind !== 'read') return undefined;
  const ready = conditionOf(seen.issuer, 'Ready');
  if (ready === undefined) {
    return `${subject} was not looked at by cert-manager yet; if that lasts, see whether its controller runs`;
  }
  if (ready.status === 'True') return undefined;
  return `${subject} is not ready: ${said(ready)}; kubectl describe it, and mend what it names`;
}

function uncheckedIssuer(told: CertManagerCase): string {
  if (told.observed.issuer.kind !== 'unwatched') return '';
  return `; whether ${issuerText(told)} exists is not checked: the operator watches single namespaces, and it belongs to the cluster`;
}

/** How cert-manager failed; undefined when it did not since the last certificate. */
function issuanceFailure({ metadata, observed }: CertManagerCase): string | undefined {
  const attempts = observed.certificate?.status?.failedIssuanceAttempts ?? 0;
  const issuing = conditionOf(observed.certificate, 'Issuing');
  if (attempts === 0) return undefined;
  const times = attempts > 1 ? `${attempts} times` : 'once';
  const why = issuing === undefined ? '' : `: ${said(issuing)}`;
  return (
    `Certificate ${childName(metadata.name, 'tls')} could not be issued, ${times} so far${why}; ` +
    'cert-manager tries again by itself, an hour later and then less often'
  );
}

/** Whether cert-manager takes it for done in its present form. */
function isUpToDate(certificate: LiveCertificate | undefined): boolean {
  const ready = certificate?.status?.conditions?.find(({ type }) => type === 'Ready');
  const isPresent = ready?.observedGeneration === certificate?.metadata.generation;
  return ready?.status === 'True' && isPresent;
}

/** Why there is no good certificate although cert-manager is there. */
function issuanceJudgement(told: CertManagerCase, fault: Judgement | undefined): Judgement {
  const { metadata, spec, observed } = told;
  const trouble = issuerTrouble(told);
  const failure = issuanceFailure(told);
  const cause = trouble ?? failure;
  if (fault?.reason === 'Expired') {
    const why = cause === undefined ? '' : `; ${cause}`;
    return failing('Expired', `${fault.message}${why}; ${meanwhile(told)}`);
  }
  if (trouble !== undefined) {
    return failing('IssuerNotReady', `${trouble}; ${meanwhile(told)}`);
  }
  if (failure !== undefined) {
    return failing('IssuanceFailed', `${failure}; ${meanwhile(told)}`);
  }
  const isDone = isUpToDate(observed.certificate);
  if (fault !== undefined && isDone) {
    return failing(fault.reason, `${fault.message}; ${meanwhile(told)}`);
  }
  const state =
    conditionOf(observed.certificate, 'Issuing') ?? conditionOf(observed.certificate, 'Ready');
  const words = state === undefined ? '' : `: ${said(state)}`;
  const subject = `Certificate ${childName(metadata.name, 'tls')} for ${spec.hosts.join(', ')}`;
  const note = uncheckedIssuer(told);
  return failing('Issuing', `${subject} is being issued${words}${note}; ${meanwhile(told)}`);
}

function soundJudgement(told: CertManagerCase, certificate: CertificateSummary): Judgement {
  const { spec, nowMs } = told;
  const subject = `${issuedSubject(told)} for ${spec.hosts.join(', ')}`;
  const valid = `${subject} is valid until ${certificate.notAfter}, issued by ${issuerName(certificate.issuer)}`;
  const cause = issuerTrouble(told) ?? issuanceFailure(told);
  const why = cause === undefined ? '' : `; ${cause}`;
  const isLate = nowMs >= expiringSoonMs(certificate);
  if (isLate) {
    const late = `${valid}, and was to be renewed before its last third`;
    return { status: 'True', reason: 'ExpiringSoon', message: boundedText(`${late}${why}`) };
  }
  return { status: 'True', reason: 'Issued', message: boundedText(`${valid}${why}`) };
}

/**
 * `TLSReady` with cert-manager; undefined when cert-manager's objects are not known and what was issued is not good: then
 * nobody can tell. Pure.
 */
export function certManagerCondition(told: CertManagerCase): Judgement | undefined {
  const { observed, spec, nowMs } = told;
  if (observed.state === 'absent') {
    const remedy =
      'the cluster does not serve cert-manager.io/v1: install cert-manager, https://cert-manager.io/docs/installation/, or write another spec.tls.mode';
    return failing('CertManagerNotInstalled', `${remedy}; ${meanwhile(told)}`);
  }
  const issued = observed.issued.kind === 'read' ? observed.issued.certificate : undefined;
  const subject = issuedSubject(told);
  const judged = { subject, hosts: spec.hosts, keeper: 'cert-manager', nowMs } as const;
  const fault = issued && certificateFault(issued, judged);
  if (issued !== undefined && fault === undefined) return soundJudgement(told, issued);
  return observed.state === 'unlisted' ? undefined : issuanceJudgement(told, fault);
}
