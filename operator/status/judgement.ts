// One aspect of the state before it gets its transition time.
import type { Condition } from '../../crds/store/status.ts';

/** A condition without its type, time and generation. */
export interface Judgement {
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

/** The condition types, in the order in which they are written. */
export const conditionTypes = [
  'Ready',
  'Reconciling',
  'Stalled',
  'DatabaseReady',
  'ApiReady',
  'WebReady',
  'AutoscalingReady',
  'SecretsReady',
  'ExposureReady',
  'TLSReady',
  'NetworkPolicyReady',
  'Paused',
  'MaintenanceActive',
] as const;

/** One of the condition types. */
export type ConditionType = (typeof conditionTypes)[number];

/** Judgements by type; a type that is absent is not written. */
export type Judgements = Readonly<Partial<Record<ConditionType, Judgement>>>;
