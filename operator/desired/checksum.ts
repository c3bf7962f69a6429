// Checksums for pod template annotations. 64 bits are plenty to notice a change, and too few to confirm a guessed
// secret with certainty.
import { createHash } from 'node:crypto';

const checksumLength = 16;

/** The first 64 bits of the SHA-256 of a text, in hexadecimal. Pure. */
export function checksum(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, checksumLength);
}

/** A checksum of a map of texts which does not depend on the order of its keys. Pure. */
export function mapChecksum(map: Readonly<Record<string, string>>): string {
  return checksum(JSON.stringify(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))));
}
