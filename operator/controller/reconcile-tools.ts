import type { Logger } from '../log.ts';
import type { ApiClient } from '../runtime/api-client.ts';
import type { Applier } from '../runtime/applier.ts';
import type { Clock } from '../runtime/clock.ts';
import type { EventNote } from './store-events.ts';
import type { StoreWatches } from './watches.ts';

/** What every reconcile works with; made once. */
export interface SharedTools {
  readonly client: ApiClient;
  readonly watches: StoreWatches;
  readonly applier: Applier;
  readonly clock: Clock;
  /** True while the cluster serves the resource metrics API that autoscaling by load needs. */
  readonly hasMetricsApi: () => boolean;
  /** Tells the people who look at the store; never fails. */
  readonly event: (note: EventNote) => void;
  /** Counts what became of each applied object. */
  readonly applied: (kind: string, result: 'created' | 'updated' | 'unchanged' | 'failed') => void;
}

/** What one reconcile works with: the shared tools, and what belongs to this run. */
export interface ReconcileTools extends SharedTools {
  readonly log: Logger;
  /** Aborts at the deadline of the run. */
  readonly signal: AbortSignal;
}
