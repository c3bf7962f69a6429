// How one run of a key can end.

/** A run that went well. */
export interface RunResult {
  /** Run the key again after so many milliseconds, although nothing asked for it. */
  readonly requeueAfterMs?: number;
}

/** How a failed run is to be treated. */
export interface Failure {
  /** terminal: not before the key is added again; waiting: after a fixed delay; transient: after a back-off. */
  readonly kind: 'terminal' | 'waiting' | 'transient';
  /** The API server's own wish; replaces the fixed delay and is the least of a back-off. */
  readonly retryAfterMs?: number;
}

/** Tells what a thrown value means. */
export type ClassifyFailure = (error: unknown) => Failure;

/** Reason of a run's signal when it is past its deadline or the queue no longer wants it. */
export class RunAbortedError extends Error {
  override readonly name = 'RunAbortedError';
}

/** True for what only a mistake in the code can throw. */
export function isPanic(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  return (
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof ReferenceError ||
    error instanceof SyntaxError
  );
}
