// The conditions of single parts: each tells whether that part works now, whatever becomes of the newest spec.
import { databaseElsewhere } from '../../crds/store/database.ts';
import { componentNames, networkPolicyNames } from '../names.ts';
import type { ComponentHealth } from './component-health.ts';
import type { Judgement } from './judgement.ts';
import type { LiveAutoscaler, StatusInput } from './observation.ts';

/** `ApiReady` and `WebReady`: true while enough pods serve, be they of an older revision. Pure. */
export function servingCondition(health: ComponentHealth): Judgement {
  const { subject, status, serves, isRolledOut, isHeld, stuck } = health;
  if (!serves) {
    const message = `${subject}: ${status.message}`;
    return { status: 'False', reason: stuck?.reason ?? 'PodsNotReady', message };
  }
  if (isHeld)
    return { status: 'True', reason: 'WaitingForTurn', message: `${subject} ${status.message}` };
  if (!isRolledOut) {
    const message = `${subject} serves while its pods are replaced: ${status.message}`;
    return { status: 'True', reason: 'RollingOut', message };
  }
  if (status.desired === 0) {
    const message = `${subject} has no pods, as the store asks`;
    return { status: 'True', reason: 'ScaledToZero', message };
  }
  const message = `${subject} has as many available pods as it needs`;
  return { status: 'True', reason: 'PodsReady', message };
}

const unjudged = 'unjudged';

/** What keeps one autoscaler from working, or `unjudged` while its controller has not looked yet. */
function autoscalerTrouble(live: LiveAutoscaler | undefined): string | undefined {
  const conditions = live?.status?.conditions ?? [];
  if (live === undefined || conditions.length === 0) return unjudged;
  const failing = conditions.find(
    ({ type, status }) =>
      (type === 'AbleToScale' || type === 'ScalingActive') && status === 'False',
  );
  if (failing === undefined) return undefined;
  return `HorizontalPodAutoscaler ${live.metadata.name}: ${failing.reason ?? failing.type}`;
}

/** `AutoscalingReady`. Nothing else depends on it: a shop without autoscaling still sells. Pure. */
export function autoscalingCondition({ spec, observations }: StatusInput): Judgement {
  const { autoscalers, hasMetricsApi } = observations;
  const scaled = componentNames.filter((component) =>
    spec === undefined ? autoscalers[component] !== undefined : spec[component].autoscaling.enabled,
  );
  if (scaled.length === 0) {
    const message = 'autoscaling is off for every component';
    return { status: 'True', reason: 'AutoscalingOff', message };
  }
  if (!hasMetricsApi) {
    const message =
      'the cluster does not serve metrics.k8s.io: install metrics-server, or set autoscaling.enabled to false';
    return { status: 'False', reason: 'MetricsUnavailable', message };
  }
  const troubles = scaled.map((component) => autoscalerTrouble(autoscalers[component]));
  const known = troubles.filter((trouble) => trouble !== undefined && trouble !== unjudged);
  if (known.length > 0) {
    return { status: 'False', reason: 'ScalingInactive', message: known.join('; ') };
  }
  if (troubles.includes(unjudged)) {
    const message = `not judged yet: HorizontalPodAutoscaler of ${scaled.join(' and ')}`;
    return { status: 'Unknown', reason: 'NotJudgedYet', message };
  }
  const message = `HorizontalPodAutoscaler of ${scaled.join(' and ')} scales by load`;
  return { status: 'True', reason: 'ScalingActive', message };
}

const openDatabaseNote =
  '; with spec.networkPolicy.databaseCIDRs empty, the API may reach every address on the port of the database';

function isDatabaseAnywhere(spec: StatusInput['spec']): boolean {
  if (spec === undefined || databaseElsewhere(spec.database) === undefined) return false;
  return spec.networkPolicy.databaseCIDRs.length === 0;
}

/** `NetworkPolicyReady`: the policies exist. Whether the network enforces them, no object tells. Pure. */
export function networkPolicyCondition({ metadata, spec, observations }: StatusInput): Judgement {
  const { networkPolicies } = observations;
  const isWanted = spec?.networkPolicy.enabled ?? networkPolicies.length > 0;
  if (!isWanted) {
    const message =
      'spec.networkPolicy.enabled is false: everybody in the cluster may talk to the pods';
    return { status: 'True', reason: 'NetworkPolicyOff', message };
  }
  const names = networkPolicyNames(metadata.name, spec?.database);
  const missing = names.filter((name) => !networkPolicies.includes(name));
  if (missing.length === 0) {
    const message = `NetworkPolicies ${names.join(', ')} exist; the network of the cluster has to enforce them`;
    const note = isDatabaseAnywhere(spec) ? openDatabaseNote : '';
    return { status: 'True', reason: 'PoliciesPresent', message: `${message}${note}` };
  }
  const message = `missing: NetworkPolicy ${missing.join(', NetworkPolicy ')}`;
  return { status: 'False', reason: 'PoliciesMissing', message };
}
