import { createHmac, hkdfSync } from 'node:crypto';
import type { Sign } from './domain/page-cursor.ts';

/** Base64url characters of a signature: 132 bits, more than the 128 that NIST SP 800-107 asks of a MAC. */
const signatureLength = 22;
const keyBytes = 32;

/** HMAC-SHA256 for one purpose, 32 bytes: keys are derived (RFC 5869), so what is made for one is nothing to another. */
export function deriver(secret: string, purpose: string): (text: string) => Buffer {
  const key = Buffer.from(hkdfSync('sha256', secret, '', `dhakacart/${purpose}`, keyBytes));
  return (text) => createHmac('sha256', key).update(text).digest();
}

/** Signs texts for one purpose. */
export function signer(secret: string, purpose: string): Sign {
  const derive = deriver(secret, purpose);
  return (text) => derive(text).toString('base64url').slice(0, signatureLength);
}
