// ETag and If-Match of rows that staff change (RFC 9110 sections 8.8.3 and 13.1.1): the version is the tag.
import { z } from 'zod';
import { HttpProblem } from '../errors.ts';

/** Request header of every change. Not required here: its absence is 428, not 400. */
export const ifMatchHeader = z.strictObject({
  'if-match': z.string().max(100).optional().describe('`ETag` of what the change was made from.'),
});

/** Response header, for the document. */
export const etagHeader = { etag: 'Version; `If-Match` of a change.' } as const;

/** The tag of a version. Pure. */
export function versionTag(version: number): string {
  return `"${version}"`;
}

/** Somebody has changed the row since. */
export function stale(): HttpProblem {
  return new HttpProblem([412, 'stale'], 'somebody has changed this meanwhile: look at it again');
}

/**
 * The version that a change was made from. A tag that is not one of ours can never match.
 * @throws HttpProblem 428 without the header (RFC 6585 section 3), 412 for a foreign tag
 */
export function demandedVersion(headers: z.output<typeof ifMatchHeader>): number {
  const tag = headers['if-match'];
  if (tag === undefined) {
    throw new HttpProblem([428, 'precondition-required'], 'send If-Match with the ETag of the row');
  }
  const version = /^"(\d{1,15})"$/.exec(tag.trim())?.[1];
  if (version === undefined) throw stale();
  return Number(version);
}
