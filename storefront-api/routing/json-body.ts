// A body, read strictly. JSON: 64 kB, UTF-8, at most 32 levels, no name twice in an object. `JSON.parse` alone keeps the
// last of two equal names and replaces bad bytes, and what reads the body before us may choose otherwise.
import type { IncomingMessage } from 'node:http';
import { HttpProblem, invalidRequest } from '../errors.ts';
import { hasForbiddenCharacter } from './request-query.ts';
import type { TextBody } from './route.ts';

/** Largest body in bytes. A hundred cart lines need about 10 kB. */
export const maxBodyBytes = 64 * 1024;

/** Deepest nesting of arrays and objects. */
export const maxBodyDepth = 32;

/** What may follow the media type. */
const utf8Only = /^\s*(?:;\s*charset="?utf-8"?\s*)?$/i;

function unsupported(detail: string, accept: string): HttpProblem {
  return new HttpProblem([415, 'unsupported-media-type'], detail, {
    headers: { accept },
  });
}

function tooLarge(maxBytes: number): HttpProblem {
  return new HttpProblem([413, 'content-too-large'], `the body exceeds ${maxBytes} bytes`, {
    // The rest of the body is not read, so the connection cannot be used again.
    headers: { connection: 'close' },
  });
}

function badBody(message: string, path = ''): HttpProblem {
  return invalidRequest('the body cannot be read', [{ in: 'body', path, message }]);
}

/** Does the request carry a body? (RFC 9112 section 6) */
export function hasBody(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return encoding !== undefined || (length !== undefined && length !== '0');
}

/** Whoever leaves in the middle of a body, or is too slow with it, has failed, and not the shop. */
function notWhole({ socket }: IncomingMessage, cause: unknown): HttpProblem {
  const { code } = (socket.errored ?? {}) as { readonly code?: string };
  return code === 'ERR_HTTP_REQUEST_TIMEOUT'
    ? new HttpProblem([408, 'request-timeout'], 'the request took too long to arrive', { cause })
    : new HttpProblem([400, 'invalid-request'], 'the body did not arrive whole', { cause });
}

async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Leaving the loop must not destroy the socket: the answer still has to be written to it.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length;
      if (size > maxBytes) break;
      chunks.push(chunk as Buffer);
    }
  } catch (cause) {
    throw notWhole(request, cause);
  }
  if (size > maxBytes) throw tooLarge(maxBytes);
  return Buffer.concat(chunks);
}

function decodedText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new HttpProblem([400, 'invalid-request'], 'the body is not UTF-8', { cause });
  }
}

/** Level that the scanner is in: names seen, when it is an object. */
interface Level {
  readonly names: Set<string> | undefined;
}

const token = /"(?:[^"\\]|\\.)*"\s*(:)?|[{}[\]]/g;

/** Refuses depth and repeated names. The text is already known to be JSON, so strings and brackets are all there is. */
function checkStructure(text: string): void {
  const levels: Level[] = [];
  for (const match of text.matchAll(token)) {
    const [found, colon] = match;
    if (found === '{' || found === '[') {
      levels.push({ names: found === '{' ? new Set() : undefined });
      if (levels.length > maxBodyDepth) throw badBody(`nested deeper than ${maxBodyDepth} levels`);
    } else if (found === '}' || found === ']') {
      levels.pop();
    } else if (colon !== undefined) {
      checkName(JSON.parse(found.slice(0, found.lastIndexOf('"') + 1)) as string, levels.at(-1));
    }
  }
}

function checkName(name: string, level: Level | undefined): void {
  if (level?.names?.has(name)) throw badBody('given more than once', name.slice(0, 64));
  level?.names?.add(name);
}

/** Refuses texts that no field may hold, wherever they stand. */
function checkTexts(value: unknown, path: string): void {
  if (typeof value === 'string' && hasForbiddenCharacter(value)) {
    throw badBody('has a control character', path);
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (name === '__proto__') throw badBody('name not allowed', '__proto__');
    checkTexts(inner, path === '' ? name : `${path}.${name}`);
  }
}

/**
 * Parses JSON text strictly.
 * @throws HttpProblem 400
 */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badBody('is not JSON');
  }
  checkStructure(text);
  checkTexts(value, '');
  return value;
}

/**
 * Reads a body of one media type in UTF-8, uncompressed. What its text holds is for the caller to judge.
 * @throws HttpProblem 400, 408, 413 or 415
 */
export async function readTextBody(
  request: IncomingMessage,
  { contentType, maxBytes }: TextBody,
): Promise<string> {
  const { 'content-type': type = '', 'content-encoding': encoding } = request.headers;
  if (encoding !== undefined && encoding !== 'identity') {
    throw unsupported('send the body without Content-Encoding', contentType);
  }
  const isOfType = type.toLowerCase().startsWith(contentType);
  if (!isOfType || !utf8Only.test(type.slice(contentType.length))) {
    throw unsupported(`send the body as ${contentType} in UTF-8`, contentType);
  }
  return decodedText(await readBytes(request, maxBytes));
}

/**
 * Reads the body of a request.
 * @throws HttpProblem 400, 408, 413 or 415
 */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  return parseJson(
    await readTextBody(request, { contentType: 'application/json', maxBytes: maxBodyBytes }),
  );
}
