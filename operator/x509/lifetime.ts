// When something is to be done about a certificate. Shares of the lifetime, not days: certificates of 45 days are the rule
// from 2028 on, https://letsencrypt.org/2025/12/02/from-90-to-45.
import type { CertificateSummary } from './read-certificate.ts';

type Lifetime = Pick<CertificateSummary, 'notBefore' | 'notAfter'>;

/** A certificate of ours is replaced when a third of its life is left. */
const renewalShare = 2 / 3;

/** Whoever renews by the same rule is late when only a fifth is left. */
const soonShare = 4 / 5;

/** Judgements are made in whole seconds, as all times of a status are: a moment within a second comes at its end. */
function momentMs({ notBefore, notAfter }: Lifetime, share: number): number {
  const start = Date.parse(notBefore);
  return Math.ceil((start + share * (Date.parse(notAfter) - start)) / 1_000) * 1_000;
}

/** When a certificate of ours is to be replaced, in milliseconds since the epoch. Pure. */
export function renewalMs(lifetime: Lifetime): number {
  return momentMs(lifetime, renewalShare);
}

/** From when on somebody should look after a certificate that is not ours, in milliseconds since the epoch. Pure. */
export function expiringSoonMs(lifetime: Lifetime): number {
  return momentMs(lifetime, soonShare);
}

/** The next moment after `nowMs` at which the judgement on a certificate changes by itself; undefined when it has expired. Pure. */
export function nextMomentMs(lifetime: Lifetime, nowMs: number): number | undefined {
  const moments = [
    Date.parse(lifetime.notBefore),
    renewalMs(lifetime),
    expiringSoonMs(lifetime),
    Date.parse(lifetime.notAfter),
  ];
  return moments.find((moment) => moment > nowMs);
}
