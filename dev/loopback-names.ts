// Names that end in .localhost mean this machine (RFC 6761 section 6.3). Browsers know that; the resolver of glibc does not.
import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** Is this a name of this machine by RFC 6761? */
export function isLoopbackName(host: string): boolean {
  return /(^|\.)localhost\.?$/i.test(host);
}

/** Looks names up as a browser does. */
export const lookup: LookupFunction = (host, options, callback) => {
  if (!isLoopbackName(host)) return systemLookup(host, options, callback);
  const address = '127.0.0.1';
  if (options.all === true) callback(null, [{ address, family: 4 }]);
  else callback(null, address, 4);
};
