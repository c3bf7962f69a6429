// What the tools of the world make of a status, restated in a few lines so that ours can be compared with them.
import type { StoreStatus } from '../../../../crds/store/status.ts';
import { conditionOf } from './status-inputs.ts';

/** A store as the tools read it. */
export interface JudgedObject {
  readonly generation: number;
  readonly isDeleting?: boolean;
  readonly status: StoreStatus;
}

/**
 * kstatus for a custom resource, in the order of its own code: deletion, generation, Reconciling and Stalled in the order
 * of the list, then Ready. https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/status/generic.go
 */
export function kstatus(object: JudgedObject): 'Terminating' | 'InProgress' | 'Failed' | 'Current' {
  const { generation, isDeleting = false, status } = object;
  if (isDeleting) return 'Terminating';
  const { observedGeneration, conditions = [] } = status;
  if (observedGeneration !== undefined && observedGeneration !== generation) return 'InProgress';
  for (const { type, status: value } of conditions) {
    if (type === 'Reconciling' && value === 'True') return 'InProgress';
    if (type === 'Stalled' && value === 'True') return 'Failed';
  }
  const ready = conditionOf(status, 'Ready');
  return ready === undefined || ready.status === 'True' ? 'Current' : 'InProgress';
}

/**
 * Whether `kubectl wait --for=condition=Ready` is satisfied: the condition is True, and neither it nor the status is about
 * an older generation. https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/kubectl/pkg/cmd/wait/condition.go
 */
export function kubectlWaitIsMet({ generation, status }: JudgedObject): boolean {
  const ready = conditionOf(status, 'Ready');
  if (ready?.status !== 'True') return false;
  return (ready.observedGeneration ?? status.observedGeneration ?? generation) >= generation;
}
