// Turns what undici throws and what the API server answers into one `KubeError`.
import { KubeError, type KubeErrorCause, type StatusDetails } from './kube-error.ts';

interface StatusBody {
  readonly kind?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
}

const reasonByCode: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** Longest part of a server's answer that enters a message. */
const maxServerWords = 2_000;

function parseStatus(text: string): StatusBody {
  try {
    const body = JSON.parse(text) as StatusBody | null;
    return body?.kind === 'Status' ? body : {};
  } catch {
    return {};
  }
}

/** Seconds or an HTTP date, RFC 9110 section 10.2.3; undefined when it is neither. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

/** What was asked, for messages. */
export interface RequestName {
  readonly method: string;
  readonly path: string;
}

/** The error for an answer that is not 2xx. */
export function httpError(
  name: RequestName,
  answer: {
    readonly code: number;
    readonly text: string;
    readonly retryAfterMs?: number | undefined;
  },
): KubeError {
  const status = parseStatus(answer.text);
  const reason = status.reason || reasonByCode[answer.code] || `HTTP${answer.code}`;
  const words = (status.message ?? 'no explanation from the server').slice(0, maxServerWords);
  return new KubeError(`${name.method} ${name.path}: ${answer.code} ${reason}: ${words}`, {
    origin: 'http',
    code: answer.code,
    reason,
    details: status.details,
    retryAfterMs: answer.retryAfterMs,
  });
}

const timeoutCodes = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);

function originOf(error: unknown): KubeErrorCause {
  const { code, name } = (error ?? {}) as { code?: string; name?: string };
  if (name === 'AbortError' || code === 'UND_ERR_ABORTED') return 'aborted';
  return timeoutCodes.has(code ?? '') ? 'timeout' : 'network';
}

const reasonByOrigin: Readonly<Record<Exclude<KubeErrorCause, 'http'>, string>> = {
  aborted: 'Aborted',
  timeout: 'RequestTimeout',
  network: 'ConnectionFailed',
  protocol: 'MalformedAnswer',
};

/** The error for a request that got no (complete) answer. */
export function connectionError(name: RequestName, cause: unknown): KubeError {
  if (cause instanceof KubeError) return cause;
  const origin = originOf(cause) as Exclude<KubeErrorCause, 'http'>;
  const words = cause instanceof Error ? cause.message : 'unknown failure';
  return new KubeError(
    `${name.method} ${name.path}: ${reasonByOrigin[origin]}: ${words}`,
    { origin, code: 0, reason: reasonByOrigin[origin] },
    { cause },
  );
}

/** The error for an answer that is no JSON or breaks a bound. */
export function protocolError(name: RequestName, words: string, cause?: unknown): KubeError {
  return new KubeError(
    `${name.method} ${name.path}: MalformedAnswer: ${words}`,
    { origin: 'protocol', code: 0, reason: reasonByOrigin.protocol },
    { cause },
  );
}
