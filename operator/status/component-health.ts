// How one component does, judged from its Deployment.
//
// - `serves`: as many pods are available as it takes. With an autoscaler that is its lower bound at most, so that scaling
//   up under load never looks like an outage.
// - `isRolledOut`: no pod of an older revision is left. Counted in pods, since an autoscaler changes `spec.replicas`,
//   and with it the Deployment's generation, at any moment.
// - The Deployment controller may not have seen the newest generation yet. Then the last verdict stands, if it was about
//   the same generation of the store: the change cannot have come from there.
import type { ComponentStatus } from '../../crds/store/status.ts';
import type { StoreSpec } from '../../crds/store/store.ts';
import { childName, componentImage } from '../names.ts';
import type { ComponentName } from '../names.ts';
import { boundedText } from './bounded-text.ts';
import { isPresentSpec } from './observation.ts';
import type { LiveDeployment, Observations, StatusInput } from './observation.ts';
import type { Explanation, PartHealth } from './part-health.ts';
import { podProblem } from './pod-problem.ts';

/** The verdict on one component. */
export interface ComponentHealth extends PartHealth {
  readonly component: ComponentName;
  readonly status: ComponentStatus;
  /** Image of the newest revision. */
  readonly image?: string;
  /** It keeps that image although the spec asks for another one, whose turn has not come yet. */
  readonly isHeld: boolean;
}

interface Bounds {
  /** Pods that should run. */
  readonly desired: number;
  /** Pods that it takes. */
  readonly minimum: number;
  /** An autoscaler owns the number of pods. */
  readonly isAutoscaled: boolean;
}

function boundsOf(
  component: ComponentName,
  spec: StoreSpec | undefined,
  { deployments, autoscalers }: Observations,
): Bounds {
  const live = autoscalers[component];
  const wanted = spec?.[component];
  const isAutoscaled = wanted === undefined ? live !== undefined : wanted.autoscaling.enabled;
  const floor = wanted?.autoscaling.minReplicas ?? live?.spec?.minReplicas ?? 1;
  const deployment = deployments[component];
  const intended = isAutoscaled ? floor : (wanted?.replicas ?? 0);
  const desired = deployment?.spec?.replicas ?? intended;
  // 0 pods are fine when the owner asks for them; under an autoscaler they are somebody's accident.
  const minimum = isAutoscaled ? Math.max(1, Math.min(desired, floor)) : desired;
  return { desired, minimum, isAutoscaled };
}

/** Whether the pods are all of the newest revision, or undefined while the controller has not looked yet. */
function rolloutDone(deployment: LiveDeployment, minimum: number): boolean | undefined {
  const { metadata, status = {} } = deployment;
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return undefined;
  const { replicas = 0, updatedReplicas = 0 } = status;
  return updatedReplicas >= minimum && updatedReplicas === replicas;
}

function conditionOf(deployment: LiveDeployment, type: string, status: string) {
  return deployment.status?.conditions?.find(
    (condition) => condition.type === type && condition.status === status,
  );
}

function problemOf(deployment: LiveDeployment, input: StatusInput, component: ComponentName) {
  const refused = conditionOf(deployment, 'ReplicaFailure', 'True')?.message;
  return refused ?? podProblem(input.observations.pods, component);
}

interface Judged extends Bounds {
  readonly isReady: boolean;
  readonly isCurrent: boolean;
  readonly problem: string | undefined;
}

function stuckReason(deployment: LiveDeployment, judged: Judged): Explanation | undefined {
  const { name } = deployment.metadata;
  if (judged.isReady || !judged.isCurrent) return undefined;
  if (judged.isAutoscaled && judged.desired === 0) {
    return {
      reason: 'ScaledToZero',
      message:
        `Deployment ${name} was scaled to 0 by hand, which turns autoscaling off; ` +
        `scale it to 1 or more, and the autoscaler takes over again`,
    };
  }
  const progressing = conditionOf(deployment, 'Progressing', 'False');
  if (progressing?.reason !== 'ProgressDeadlineExceeded') return undefined;
  const why = judged.problem ?? 'no pod tells why';
  return {
    reason: 'RolloutStuck',
    message: boundedText(`Deployment ${name} exceeded its progress deadline: ${why}`),
  };
}

function absentHealth(
  component: ComponentName,
  deploymentName: string,
  { desired }: Bounds,
): ComponentHealth {
  const message = `Deployment ${deploymentName} does not exist`;
  const status = { ready: 0, desired, updated: 0, pods: `0/${desired}`, message };
  const subject = `Deployment ${deploymentName}`;
  return { component, subject, message, status, serves: false, isRolledOut: false, isHeld: false };
}

function imageOf(deployment: LiveDeployment, component: ComponentName): string | undefined {
  const { containers = [] } = deployment.spec?.template?.spec ?? {};
  return containers.find(({ name }) => name === component)?.image;
}

/** The image whose turn has not come yet; undefined when the component has the image that it should have. */
function awaitedImage(input: StatusInput, component: ComponentName, image: string | undefined) {
  if (input.spec === undefined || !isPresentSpec(input)) return undefined;
  const wanted = componentImage(input.spec, component);
  return image === wanted ? undefined : wanted;
}

/** Judges one component. Pure. */
export function componentHealth(input: StatusInput, component: ComponentName): ComponentHealth {
  const { metadata, spec, previous, observations } = input;
  const bounds = boundsOf(component, spec, observations);
  const { desired, minimum } = bounds;
  const deployment = observations.deployments[component];
  const deploymentName = childName(metadata.name, component);
  if (deployment === undefined) return absentHealth(component, deploymentName, bounds);

  const { readyReplicas: ready = 0, updatedReplicas: updated = 0 } = deployment.status ?? {};
  const available = deployment.status?.availableReplicas ?? 0;
  const done = rolloutDone(deployment, minimum);
  const wasReady =
    previous?.observedGeneration === metadata.generation &&
    previous.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
  const image = imageOf(deployment, component);
  const awaited = awaitedImage(input, component, image);
  const serves = available >= minimum;
  const isRolledOut = awaited === undefined && (done ?? wasReady);
  const isReady = serves && isRolledOut;
  const problem = problemOf(deployment, input, component);
  const isCurrent = done !== undefined;
  const stuck = stuckReason(deployment, { ...bounds, isReady, isCurrent, problem });
  const counted = serves
    ? (awaited && `keeps image ${image} until it is the turn of ${awaited}`) ||
      `${updated} of ${desired} pods are of the newest revision`
    : `${available} of ${minimum} pods are available`;
  const message = boundedText(problem ?? (isReady ? '' : (stuck?.message ?? counted)));
  return {
    component,
    subject: `Deployment ${deploymentName}`,
    message,
    status: { ready, desired, updated, pods: `${ready}/${desired}`, message },
    serves,
    isRolledOut,
    isHeld: awaited !== undefined,
    ...(stuck && { stuck }),
    ...(image !== undefined && { image }),
  };
}
