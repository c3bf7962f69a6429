import { createHmac, hkdfSync } from 'node:crypto';
import type { Sign } from './domain/page-cursor.ts';

/** Base64url characters of a signature: 132 bits, more than the 128 that NIST SP 800-107 asks of a MAC. */
const signatureLength = 22;
const keyBytes = 32;

/** Signs texts for one purpose: keys are derived (RFC 5869), so what was signed for one is nothing to another. */
export function signer(secret: string, purpose: string): Sign {
  const key = Buffer.from(hkdfSync('sha256', secret, '', `dhakacart/${purpose}`, keyBytes));
  return (text) =>
    createHmac('sha256', key).update(text).digest('base64url').slice(0, signatureLength);
}
