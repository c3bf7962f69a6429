import { networkInterfaces } from 'node:os';

/** Whether this machine's loopback has an IPv6 address. */
export const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.address === '::1');
