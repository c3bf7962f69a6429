// What counts as one client to the rate limits: an IPv4 address, or the /64 that a provider gives one household (RFC 6177),
// since whoever has an IPv6 address has 2^64 of them.

/** Some proxies write the port behind an IPv4 address. */
const ipv4Pattern = /^(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?$/;

const groupsOfPrefix = 4;
const groupCount = 8;
const mappedPrefix = /^(?:0:){5}ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/** The eight groups of an IPv6 address without leading zeros; undefined when it is none. */
function groupsOf(address: string): readonly string[] | undefined {
  const host = URL.canParse(`http://[${address}]`) ? new URL(`http://[${address}]`).hostname : '';
  if (host === '') return undefined;
  const [head = '', tail] = host.slice(1, -1).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: groupCount - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right];
}

function dotted(high: string, low: string): string {
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join('.');
}

/**
 * The key of an address: IPv4 as it is, IPv4 written as IPv6 as IPv4, IPv6 as its /64. Whatever is no address shares one key, so
 * that a client behind a proxy that forwards anything gains nothing by making addresses up. Pure.
 */
export function clientKey(ip: string): string {
  const ipv4 = ipv4Pattern.exec(ip)?.[1];
  if (ipv4 !== undefined) return ipv4;
  const groups = groupsOf(ip.split('%')[0] ?? '');
  if (groups === undefined) return 'unknown';
  const [, high, low] = mappedPrefix.exec(groups.join(':')) ?? [];
  if (high !== undefined && low !== undefined) return dotted(high, low);
  return `${groups.slice(0, groupsOfPrefix).join(':')}::/64`;
}
