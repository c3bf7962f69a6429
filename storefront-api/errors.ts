// Errors that mean something to a caller. Every one carries the HTTP status and a stable code; the error boundary turns
// it into an RFC 9457 problem. Whatever is not one of these becomes a 500 that says nothing.

/** Where a wrong value came from. */
export type InputPlace = 'params' | 'query' | 'headers' | 'body';

/** One wrong field: its place, its path (`lines.0.quantity`; empty: the whole) and what is wrong with it. */
export interface FieldError {
  readonly in: InputPlace;
  readonly path: string;
  readonly message: string;
}

/** What a problem may carry besides status, code and text. */
export interface ProblemOptions {
  readonly errors?: readonly FieldError[];
  /** Response headers, lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
  /** Further members of the problem for programs to read (RFC 9457 section 3.2). */
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** An answer that is not a success. `detail` is shown to the caller: never put a secret or a name of a table into it. */
export class HttpProblem extends Error {
  override readonly name: string = 'HttpProblem';
  readonly status: number;
  /** Stable, kebab case; the last part of the problem's `type`. */
  readonly code: string;
  readonly errors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(
    [status, code]: readonly [status: number, code: string],
    detail: string,
    options: ProblemOptions = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.code = code;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
    this.extensions = options.extensions ?? {};
  }
}

/** 400: the request itself is wrong; each wrong field is named. */
export function invalidRequest(detail: string, errors: readonly FieldError[] = []): HttpProblem {
  return new HttpProblem([400, 'invalid-request'], detail, { errors });
}

/** 401, with the challenge that RFC 9110 section 15.5.2 demands. */
export function unauthorized(
  detail = 'sign in first',
  more: Readonly<Record<string, string>> = {},
): HttpProblem {
  const headers = { 'www-authenticate': 'Bearer realm="dhakacart"', ...more };
  return new HttpProblem([401, 'unauthorized'], detail, { headers });
}

/** 403: known, but not allowed. */
export function forbidden(detail = 'this account may not do that'): HttpProblem {
  return new HttpProblem([403, 'forbidden'], detail);
}

/** 404. */
export function notFound(detail = 'there is nothing here'): HttpProblem {
  return new HttpProblem([404, 'not-found'], detail);
}

/** 409: true, but in conflict with the present state. */
export function conflict(code: string, detail: string, options: ProblemOptions = {}): HttpProblem {
  return new HttpProblem([409, code], detail, options);
}

/** Which limit refused a request. */
export interface LimitRefusal {
  /** Name of ours, such as `login` or `login-account`. */
  readonly limit: string;
  /** The first of its client in this window: the log tells of no other. */
  readonly isFirstRefusal: boolean;
  readonly retryAfterSeconds: number;
}

/** 429 with Retry-After. The caller does not learn which limit it was: some are about accounts of others. */
export class LimitExceeded extends HttpProblem {
  override readonly name = 'LimitExceeded';
  readonly refusal: LimitRefusal;

  constructor(detail: string, refusal: LimitRefusal) {
    super([429, 'too-many-requests'], detail, {
      headers: { 'retry-after': String(Math.max(1, refusal.retryAfterSeconds)) },
    });
    this.refusal = refusal;
  }
}

/** How long a caller should wait when the database is away; a failover takes longer, a restart about this. */
const retryAfterSeconds = 5;

/** The database cannot be reached or does not answer in time: 503 with Retry-After. */
export class DatabaseUnavailable extends HttpProblem {
  override readonly name = 'DatabaseUnavailable';

  constructor(cause: unknown) {
    super([503, 'unavailable'], 'the shop cannot do this now, try again soon', {
      headers: { 'retry-after': String(retryAfterSeconds) },
      cause,
    });
  }
}

/** How long a caller should wait when too many ask at once: it is over as soon as some of them have their answers. */
const overloadRetrySeconds = 1;

/** More requests at once than may be at work: 503 with Retry-After. */
export class Overloaded extends HttpProblem {
  override readonly name = 'Overloaded';

  constructor() {
    super([503, 'overloaded'], 'too many requests at once, try again', {
      headers: { 'retry-after': String(overloadRetrySeconds) },
    });
  }
}

/** A setting that cannot be used; the message names it and says what to write. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
