// How a failure is treated: which of them mean that the cluster is busy or away, and which need somebody.
import { OperatorError, TransientError, WaitingError } from '../errors.ts';
import { NameTakenError } from '../runtime/applier.ts';
import { KubeError } from '../runtime/kube-error.ts';
import type { Failure } from '../runtime/run-result.ts';
import { refusalError } from './refusals.ts';

/**
 * The operator's own error for a failed step. Errors that nobody foresaw are passed on as they are: the queue counts
 * them as panics and retries with back-off.
 */
export function operatorError(error: unknown): unknown {
  if (error instanceof OperatorError) return error;
  if (error instanceof NameTakenError) {
    const reason = error.standing === 'foreign' ? 'NameConflict' : 'WaitingForDeletion';
    return new WaitingError(reason, error.message, { cause: error });
  }
  if (!(error instanceof KubeError)) return error;
  if (error.isTransient || error.reason === 'AlreadyExists') {
    return new TransientError(error.reason, error.message, { cause: error });
  }
  return refusalError(error);
}

const severity = { transient: 2, waiting: 1, terminal: 0 } as const;

/**
 * The one error that stands for several: a transient one first, since it hides what the others really are, then a
 * waiting one; its message names them all.
 */
export function worstError(errors: readonly unknown[]): unknown {
  const mapped = errors.map(operatorError);
  const unforeseen = mapped.find((error) => !(error instanceof OperatorError));
  if (unforeseen !== undefined || mapped.length < 2) return unforeseen ?? mapped[0];
  const known = mapped.filter((error) => error instanceof OperatorError);
  const worst = known.toSorted((a, b) => severity[b.kind] - severity[a.kind])[0];
  if (worst === undefined) return undefined;
  const message = known.map((error) => error.message).join('; ');
  const Kind = worst.kind === 'transient' ? TransientError : WaitingError;
  return new Kind(worst.reason, message, { cause: new AggregateError(errors) });
}

/** The longest wait that the API server asked for, in an error or in any that it stands for. */
function retryAfterMsOf(error: unknown): number | undefined {
  if (error instanceof KubeError) return error.retryAfterMs;
  if (error instanceof OperatorError) return retryAfterMsOf(error.cause);
  if (!(error instanceof AggregateError)) return undefined;
  const asked = error.errors.map(retryAfterMsOf).filter((wait) => wait !== undefined);
  return asked.length === 0 ? undefined : Math.max(...asked);
}

/** How the queue treats whatever a reconcile threw. */
export function classifyFailure(error: unknown): Failure {
  const known = operatorError(error);
  if (!(known instanceof OperatorError)) return { kind: 'transient' };
  const retryAfterMs = retryAfterMsOf(known);
  return retryAfterMs === undefined ? { kind: known.kind } : { kind: known.kind, retryAfterMs };
}
