import type { IncomingMessage } from 'node:http';

/**
 * Address of a client as Koa's `ctx.ip` tells it: of the addresses in X-Forwarded-For, the one that the outermost trusted
 * proxy has added; without trusted proxies or without the header, the peer.
 */
export function clientAddress(request: IncomingMessage, trustedProxyHops: number): string {
  const peer = request.socket.remoteAddress ?? '';
  const forwarded = request.headers['x-forwarded-for'];
  if (trustedProxyHops === 0 || forwarded === undefined || forwarded === '') return peer;
  const list = (typeof forwarded === 'string' ? forwarded : forwarded.join(',')).split(',');
  return list.at(-Math.min(trustedProxyHops, list.length))?.trim() || peer;
}
