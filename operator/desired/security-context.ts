// What the "restricted" Pod Security Standard asks for, and a read-only root file system on top.
// https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
import type { IPodSecurityContext, ISecurityContext } from 'kubernetes-models/v1';
import type { ComponentName } from '../names.ts';

/** Users of the images: distroless' `nonroot`, and nginx' own. */
const userIds: Readonly<Record<ComponentName, number>> = { api: 65532, web: 101 };

/**
 * Security context of a component's pods. `fsGroup` makes mounted files readable, which belong to root and have no
 * rights for others. Pure.
 */
export function podSecurityContext(component: ComponentName): IPodSecurityContext {
  const id = userIds[component];
  return {
    runAsNonRoot: true,
    runAsUser: id,
    runAsGroup: id,
    fsGroup: id,
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

/** Security context of a container. Pure. */
export function containerSecurityContext(): ISecurityContext {
  return {
    runAsNonRoot: true,
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  };
}
