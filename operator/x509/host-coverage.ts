/**
 * Whether a certificate that names these hosts is good for a host: by its own name, or by a wildcard that stands for
 * exactly one label (RFC 9525 section 6.3). Pure.
 */
export function coversHost(names: readonly string[], host: string): boolean {
  const parent = host.slice(host.indexOf('.'));
  return names.includes(host) || names.includes(`*${parent}`);
}
