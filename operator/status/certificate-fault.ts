// What can be wrong with a certificate, whoever made it, from what it says itself.
import { coversHost } from '../x509/host-coverage.ts';
import type { CertificateSummary } from '../x509/read-certificate.ts';
import { boundedText } from './bounded-text.ts';
import type { Judgement } from './judgement.ts';

/** What a certificate is to be good for, and who sees to it. */
export interface Judged {
  /** `the certificate in Secret dhaka-tls`. */
  readonly subject: string;
  readonly hosts: readonly string[];
  readonly keeper: 'owner' | 'operator' | 'cert-manager';
  readonly nowMs: number;
}

/** A judgement that something does not work. Pure. */
export function failing(reason: string, message: string): Judgement {
  return { status: 'False', reason, message: boundedText(message) };
}

/** Who issued a certificate, for a sentence. Pure. */
export function issuerName(issuer: string): string {
  return issuer || 'somebody without a name';
}

/** What is to be done about one that has run out, and about one that lacks a host. */
const remedies: Readonly<Record<Judged['keeper'], readonly [string, string]>> = {
  owner: ['; renew it', '; get one for every host'],
  operator: ['; the operator draws a new one', '; the operator draws a new one'],
  'cert-manager': ['', ''],
};

/** As many names as a message lists. */
const maxNamesTold = 5;

/** `a.example.com, b.example.com and 115 more`. */
function someNames(names: readonly string[]): string {
  const told = names.slice(0, maxNamesTold).join(', ');
  const untold = names.length - maxNamesTold;
  return untold > 0 ? `${told} and ${untold} more` : told || 'no host';
}

/** What is wrong with a certificate, or undefined. Pure. */
export function certificateFault(
  certificate: CertificateSummary,
  { subject, hosts, keeper, nowMs }: Judged,
): Judgement | undefined {
  const { notBefore, notAfter, matchesKey, isChained } = certificate;
  const [renewal, coverage] = remedies[keeper];
  if (!matchesKey) {
    return failing('KeyMismatch', `${subject}: tls.key is not the key of tls.crt; store them anew`);
  }
  if (!isChained) {
    const told = `${subject}: no other certificate in tls.crt has issued the first one`;
    return failing('ChainBroken', `${told}; store the whole chain, the one of the hosts first`);
  }
  const bare = hosts.filter((host) => !coversHost(certificate.hosts, host));
  if (bare.length > 0) {
    const named = someNames(certificate.hosts);
    const told = `${subject} does not name ${bare.join(', ')}, only ${named}`;
    return failing('HostsNotCovered', `${told}${coverage}`);
  }
  if (nowMs < Date.parse(notBefore)) {
    return failing('NotYetValid', `${subject} is valid from ${notBefore} on only`);
  }
  if (nowMs >= Date.parse(notAfter)) {
    return failing('Expired', `${subject} expired at ${notAfter}${renewal}`);
  }
  return undefined;
}
