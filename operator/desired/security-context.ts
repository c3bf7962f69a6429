// What the "restricted" Pod Security Standard asks for, and a read-only root file system on top.
// https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
import type { IPodSecurityContext, ISecurityContext } from 'kubernetes-models/v1';
import type { PartName } from '../names.ts';

/** Users of the images: distroless' `nonroot`, and the own ones of nginx and PostgreSQL. */
const userIds: Readonly<Record<PartName, number>> = {
  api: 65532,
  web: 101,
  database: 999,
  migration: 65532,
};

/**
 * Security context of a part's pods. `fsGroup` makes mounted files readable, which belong to root and have no
 * rights for others. Pure.
 */
export function podSecurityContext(part: PartName): IPodSecurityContext {
  const id = userIds[part];
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
