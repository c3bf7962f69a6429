// Operator errors come in three kinds, because the queue must treat them differently. Each carries a reason, one
// CamelCase word that is also the condition reason, the Event reason and the metric label. Messages name the object,
// say what to do, and never contain a secret value.

/** How the work queue treats a failed reconcile. */
export type ErrorKind = 'terminal' | 'waiting' | 'transient';

/** Base of all errors that a reconcile reports on purpose. */
export abstract class OperatorError extends Error {
  abstract readonly kind: ErrorKind;
  readonly reason: string;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.reason = reason;
  }
}

/** A person must change the store; nothing is retried until its spec changes. */
export class TerminalError extends OperatorError {
  readonly kind = 'terminal';
}

/** Something outside must change (a name is taken, a reference is missing); looked at again after a fixed delay. */
export class WaitingError extends OperatorError {
  readonly kind = 'waiting';
}

/** The API server or the network failed; retried with back-off, and never shown as a condition turning false. */
export class TransientError extends OperatorError {
  readonly kind = 'transient';
}
