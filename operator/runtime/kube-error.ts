// One error for every way in which a request can fail: an HTTP status with a Kubernetes Status body, a broken network,
// a timeout. Its message names verb and path and the server's words, never a request body, a header or a token.

/** Where a request failed. */
export type KubeErrorCause = 'http' | 'network' | 'timeout' | 'aborted' | 'protocol';

/** The parts of a Status body that callers decide by; https://kubernetes.io/docs/reference/using-api/api-concepts/. */
export interface KubeErrorFields {
  readonly origin: KubeErrorCause;
  /** HTTP status, or 0 when there was none. */
  readonly code: number;
  /** `reason` of the Status body (`NotFound`, `Conflict`, ...), or a word for the failure. */
  readonly reason: string;
  readonly details?: StatusDetails | undefined;
  /** From the Retry-After header, in milliseconds, up to the bound of the settings. */
  readonly retryAfterMs?: number | undefined;
}

/** `details` of a Status body. */
export interface StatusDetails {
  readonly name?: string;
  readonly kind?: string;
  readonly causes?: readonly {
    readonly reason?: string;
    readonly message?: string;
    readonly field?: string;
  }[];
  readonly retryAfterSeconds?: number;
}

/** A failed request to the API server. */
export class KubeError extends Error {
  readonly origin: KubeErrorCause;
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, fields: KubeErrorFields, options?: ErrorOptions) {
    super(message, options);
    this.name = 'KubeError';
    this.origin = fields.origin;
    this.code = fields.code;
    this.reason = fields.reason;
    this.details = fields.details;
    this.retryAfterMs = fields.retryAfterMs;
  }

  /** The same request may succeed later without anybody changing anything. */
  get isTransient(): boolean {
    if (this.origin !== 'http') return true;
    return this.reason === 'Conflict' || this.code === 429 || this.code >= 500;
  }
}

/** True for a KubeError with that HTTP status. */
export function hasCode(error: unknown, code: number): error is KubeError {
  return error instanceof KubeError && error.code === code;
}

/** True when the object does not exist. */
export const isNotFound = (error: unknown): error is KubeError => hasCode(error, 404);

/** True when another writer was faster, or when another manager owns a field. */
export const isConflict = (error: unknown): error is KubeError => hasCode(error, 409);

/** True when the resource version asked for is no longer kept. */
export const isGone = (error: unknown): error is KubeError => hasCode(error, 410);
