import type { ExposureSpec } from '../../crds/store/exposure.ts';

/** Value of the header Strict-Transport-Security (RFC 6797 section 6.1). Pure. */
export function strictTransportSecurity({
  maxAgeSeconds,
  includeSubdomains,
  preload,
}: ExposureSpec['policy']['hsts']): string {
  return [
    `max-age=${maxAgeSeconds}`,
    ...(includeSubdomains ? ['includeSubDomains'] : []),
    ...(preload ? ['preload'] : []),
  ].join('; ');
}
