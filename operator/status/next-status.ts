// The status that follows from what is seen. The previous status is read for four things only: transition times, which
// generation was applied, what served before the rollout that is under way, and what became of a migration whose pods
// are gone.
import type { AutoscalingStatus, Condition, StoreStatus } from '../../crds/store/status.ts';
import { componentNames } from '../names.ts';
import { componentHealth } from './component-health.ts';
import type { ComponentHealth } from './component-health.ts';
import { elsewhereCondition } from './database-elsewhere.ts';
import { databaseCondition, databaseHealth, isElsewhere } from './database-health.ts';
import type { DatabaseHealth } from './database-health.ts';
import {
  exposureCondition,
  exposureStatus,
  exposureTrouble,
  shopAddress,
} from './exposure-condition.ts';
import { conditionTypes } from './judgement.ts';
import type { Judgement, Judgements } from './judgement.ts';
import { migrationHealth } from './migration-health.ts';
import type { MigrationHealth } from './migration-health.ts';
import type { LiveAutoscaler, StatusInput } from './observation.ts';
import {
  autoscalingCondition,
  networkPolicyCondition,
  servingCondition,
} from './part-conditions.ts';
import { secretsCondition, secretsStatus } from './secrets-condition.ts';
import { certificateTrouble, tlsCondition, tlsStatus } from './tls-condition.ts';
import { storeVerdict } from './verdict.ts';
import type { Verdict } from './verdict.ts';

type Healths = Readonly<Record<(typeof componentNames)[number], ComponentHealth>> & {
  readonly database: DatabaseHealth;
  readonly migration: MigrationHealth;
};

const paused: Judgement = {
  status: 'True',
  reason: 'PausedBySpec',
  message: 'nothing but this status is changed until spec.paused is false',
};

const maintenanceMessages = {
  ReadOnly: 'shoppers browse and cannot order until spec.maintenance.mode is Off',
  Full: 'every request is answered with 503 until spec.maintenance.mode is Off',
} as const;

/** Present while the owner keeps the shop in maintenance; it is the owner's wish, so `Ready` does not depend on it. */
function maintenance({ spec }: StatusInput): Pick<Judgements, 'MaintenanceActive'> {
  const mode = spec?.maintenance.mode ?? 'Off';
  if (mode === 'Off') return {};
  return {
    MaintenanceActive: { status: 'True', reason: mode, message: maintenanceMessages[mode] },
  };
}

/** What only a valid spec can be judged by. While it is not valid, what was last said stands. */
function specBound(
  input: StatusInput,
): Pick<Judgements, 'SecretsReady' | 'ExposureReady' | 'TLSReady'> {
  const last = (type: string): Judgement | undefined => {
    const found = input.previous?.conditions?.find((condition) => condition.type === type);
    return found && { status: found.status, reason: found.reason, message: found.message };
  };
  const exposure = exposureCondition(input) ?? last('ExposureReady');
  const tls = tlsCondition(input) ?? last('TLSReady');
  const secrets = secretsCondition(input) ?? last('SecretsReady');
  return {
    ...(secrets && { SecretsReady: secrets }),
    ...(exposure && { ExposureReady: exposure }),
    ...(tls && { TLSReady: tls }),
  };
}

function judgements(input: StatusInput, verdict: Verdict, healths: Healths): Judgements {
  const { api, web, database } = healths;
  const { ready, reconciling, stalled } = verdict;
  return {
    Ready: ready,
    ...(reconciling && { Reconciling: { status: 'True', ...reconciling } }),
    ...(stalled && { Stalled: { status: 'True', ...stalled } }),
    DatabaseReady: isElsewhere(input)
      ? elsewhereCondition(input, database.subject, healths)
      : databaseCondition(database),
    ApiReady: servingCondition(api),
    WebReady: servingCondition(web),
    AutoscalingReady: autoscalingCondition(input),
    NetworkPolicyReady: networkPolicyCondition(input),
    ...specBound(input),
    ...(input.outcome.kind === 'paused' && { Paused: paused }),
    ...maintenance(input),
  };
}

/** The pause itself is read from the present spec, whatever the other conditions describe. */
function conditions(input: StatusInput, judged: Judgements, described: number): Condition[] {
  const before = new Map(
    input.previous?.conditions?.map((condition) => [condition.type, condition]),
  );
  return conditionTypes.flatMap((type): Condition[] => {
    const judgement = judged[type];
    if (judgement === undefined) return [];
    const last = before.get(type);
    const lastTransitionTime =
      last?.status === judgement.status ? last.lastTransitionTime : input.now;
    const observedGeneration = type === 'Paused' ? input.metadata.generation : described;
    return [{ type, ...judgement, lastTransitionTime, observedGeneration }];
  });
}

function autoscalingStatus(live: LiveAutoscaler): AutoscalingStatus {
  const { spec = {}, status = {} } = live;
  const limiting = status.conditions?.find(({ type }) => type === 'ScalingLimited');
  return {
    current: status.currentReplicas ?? 0,
    desired: status.desiredReplicas ?? 0,
    min: spec.minReplicas ?? 1,
    max: spec.maxReplicas ?? 1,
    // Its other reasons are about the speed of scaling, or say TooFewReplicas in every quiet hour.
    limited: limiting?.status === 'True' && limiting.reason === 'TooManyReplicas',
  };
}

/** Images move only once a rollout is done: until then the old pods serve, all or some. */
function servingImages({ previous }: StatusInput, healths: Healths) {
  return Object.fromEntries(
    componentNames.flatMap((component) => {
      const { serves, isRolledOut, image } = healths[component];
      const serving = serves && isRolledOut ? image : previous?.images?.[component];
      return serving === undefined ? [] : [[component, serving]];
    }),
  );
}

function servingVersion({ spec, previous }: StatusInput, verdict: Verdict): string | undefined {
  const isServing = verdict.isApplied && verdict.ready.status === 'True';
  return isServing ? spec?.version : previous?.version;
}

function shopUrl({ spec, previous }: StatusInput, verdict: Verdict): string | undefined {
  const host = spec?.hosts[0];
  const wanted = spec === undefined || host === undefined ? undefined : shopAddress(spec, host);
  return verdict.isApplied ? wanted : (previous?.url ?? wanted);
}

/** The status after a reconcile. Pure; the input's `now` is its only clock. */
export function nextStatus(input: StatusInput): StoreStatus {
  const healths: Healths = {
    api: componentHealth(input, 'api'),
    web: componentHealth(input, 'web'),
    database: databaseHealth(input),
    migration: migrationHealth(input),
  };
  const { database, migration } = healths;
  const troubles = [
    exposureTrouble(exposureCondition(input), input.spec),
    certificateTrouble(tlsCondition(input), input.spec),
  ];
  const verdict = storeVerdict(input, {
    database,
    migration,
    components: [healths.api, healths.web],
    troubles: troubles.filter((trouble) => trouble !== undefined),
  });
  const { observedGeneration } = verdict;
  const judged = judgements(input, verdict, healths);
  const version = servingVersion(input, verdict);
  const url = shopUrl(input, verdict);
  const images = servingImages(input, healths);
  const exposure = exposureStatus(input);
  const tls = tlsStatus(input);
  const secrets = secretsStatus(input);
  const autoscalers = componentNames.flatMap((component) => {
    const live = input.observations.autoscalers[component];
    return live === undefined ? [] : [[component, autoscalingStatus(live)] as const];
  });
  return {
    ...(observedGeneration !== undefined && { observedGeneration }),
    conditions: conditions(input, judged, observedGeneration ?? input.metadata.generation),
    ...(version !== undefined && { version }),
    ...(url !== undefined && { url }),
    ...(Object.keys(images).length > 0 && { images }),
    components: {
      api: healths.api.status,
      web: healths.web.status,
      ...(database.status && { database: database.status }),
    },
    ...(autoscalers.length > 0 && { autoscaling: Object.fromEntries(autoscalers) }),
    ...(migration.status && { migration: migration.status }),
    ...(exposure && { exposure }),
    ...(tls && { tls }),
    ...(secrets && { secrets }),
  };
}
