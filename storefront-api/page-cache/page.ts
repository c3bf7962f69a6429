// An answer of a cacheable route as it goes over the wire: bytes in each content coding, with their headers. A page is
// made once and sent many times, so everything that can be prepared is.
import { hash } from 'node:crypto';
import {
  compressedEncodings,
  compressionLimits,
  type Compressor,
  type Encoding,
} from './compression.ts';
import type { AnyReply, Route } from '../routing/route.ts';

/** Names and values in turn, as `writeHead` takes them. */
export type HeaderList = readonly string[];

/** A page in one content coding. */
export interface Variant {
  /**
   * The bytes as Latin-1 text, one character a byte: Node sends headers and a text in one piece, which costs a tenth less
   * than headers and a buffer, and short texts live and die in V8's own heap.
   */
  readonly text: string;
  /** Strong: each coding has its own (RFC 9110 section 8.8.3.3). */
  readonly etag: string;
  readonly headers: HeaderList;
  /** Headers of a 304 (RFC 9110 section 15.4.5). */
  readonly notModifiedHeaders: HeaderList;
}

/** Base64url characters of an ETag's hash: 132 bits. */
const etagLength = 22;

/** Describe the body, so a 304 leaves them out. */
const contentHeaders = new Set(['content-language', 'content-type']);

function listOf(headers: readonly (readonly [string, string])[]): HeaderList {
  return Object.freeze(headers.flat());
}

function withEncoding(vary: string | undefined): string {
  return vary === undefined ? 'Accept-Encoding' : `Accept-Encoding, ${vary}`;
}

function replyHeaders({ headers = {} }: AnyReply): readonly (readonly [string, string])[] {
  return Object.entries({
    ...headers,
    vary: withEncoding(headers['vary'] as string | undefined),
  }).map(([name, value]) => {
    // Set-Cookie is the one header that comes as a list, and it is somebody's own.
    if (typeof value !== 'string') throw new Error(`a page cannot carry the header ${name}`);
    return [name, value];
  });
}

/** JSON as Latin-1 text of its UTF-8 bytes; pure ASCII, which most of it is, is that already. */
function bytesText(json: string): string {
  return Buffer.byteLength(json) === json.length ? json : Buffer.from(json).toString('latin1');
}

/** A page in all the codings that were asked for so far. */
export class Page {
  readonly route: Route;
  /** As Latin-1 text. */
  readonly identity: string;
  readonly #hash: string;
  readonly #headers: readonly (readonly [string, string])[];
  readonly #variants = new Map<Encoding, Variant>();

  /**
   * @param reply a 200 of the route
   * @throws Error when the answer is not one that everybody may see
   */
  constructor(route: Route, reply: AnyReply) {
    const name = `${route.method} ${route.path}`;
    if (reply.status !== 200) throw new Error(`${name}: ${reply.status} cannot be a page`);
    if (Object.hasOwn(reply.headers ?? {}, 'set-cookie'))
      throw new Error(`${name}: a page cannot set a cookie`);
    this.route = route;
    const json = JSON.stringify(reply.body);
    this.identity = bytesText(json);
    this.#headers = [...replyHeaders(reply), ['content-type', 'application/json; charset=utf-8']];
    this.#hash = hash('sha256', json, 'base64url').slice(0, etagLength);
    this.#variants.set('identity', this.#variant('identity', this.identity));
  }

  /** The page in this coding; undefined while it is not made. */
  ready(encoding: Encoding): Variant | undefined {
    return this.#variants.get(encoding);
  }

  /** The page in this coding, or as it is when compression would gain nothing or too many wait for it. */
  async encoded(encoding: Encoding, compressor: Compressor): Promise<Variant> {
    const identity = this.#variants.get('identity') as Variant;
    const known = this.#variants.get(encoding);
    if (known !== undefined || encoding === 'identity') return known ?? identity;
    if (this.identity.length < compressionLimits.minBytes) return this.#use(encoding, identity);
    const body = await compressor.compress(encoding, Buffer.from(this.identity, 'latin1'));
    if (body === undefined) return identity;
    if (body.length >= this.identity.length) return this.#use(encoding, identity);
    return this.#use(encoding, this.#variant(encoding, body.toString('latin1')));
  }

  /**
   * This page, or the one before it when nothing has changed; otherwise it is made in every coding that was in use.
   */
  async replacing(before: Page | undefined, compressor: Compressor): Promise<Page> {
    if (before === undefined) return this;
    if (before.#hash === this.#hash && before.#hasHeaders(this.#headers)) return before;
    const inUse = compressedEncodings.filter((encoding) => before.ready(encoding) !== undefined);
    await Promise.all(inUse.map((encoding) => this.encoded(encoding, compressor)));
    return this;
  }

  #use(encoding: Encoding, variant: Variant): Variant {
    this.#variants.set(encoding, variant);
    return variant;
  }

  #hasHeaders(others: readonly (readonly [string, string])[]): boolean {
    return JSON.stringify(this.#headers) === JSON.stringify(others);
  }

  #variant(encoding: Encoding, text: string): Variant {
    const etag = encoding === 'identity' ? `"${this.#hash}"` : `"${this.#hash}-${encoding}"`;
    const coding: readonly (readonly [string, string])[] =
      encoding === 'identity' ? [] : [['content-encoding', encoding]];
    return {
      text,
      etag,
      headers: listOf([
        ...this.#headers,
        ...coding,
        ['etag', etag],
        ['content-length', String(text.length)],
      ]),
      notModifiedHeaders: listOf([
        ...this.#headers.filter(([name]) => !contentHeaders.has(name)),
        ['etag', etag],
      ]),
    };
  }
}

/** Does If-None-Match name this page? (RFC 9110 section 13.1.2: weak comparison, or `*`) */
export function isNotModified(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch === etag || ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
