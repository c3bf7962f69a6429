/** A Kubernetes object, as plain data. */
export type Manifest = Readonly<Record<string, unknown>>;

const rbac = 'rbac.authorization.k8s.io/v1';
const rbacGroup = 'rbac.authorization.k8s.io';

/** A rule of a role: `verbs` on `resources` of one API group. */
export interface Grant {
  readonly group: string;
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** Whom a role is for. */
export type Grantee =
  | { readonly user: string }
  | { readonly serviceAccount: string; readonly namespace: string };

/** A ClusterRole and its binding, both called `name`. Pure. */
export function clusterRole(name: string, grantee: Grantee, grants: readonly Grant[]): Manifest[] {
  const rules = grants.map(({ group, resources, verbs }) => ({
    apiGroups: [group],
    resources,
    verbs,
  }));
  return [
    { apiVersion: rbac, kind: 'ClusterRole', metadata: { name }, rules },
    clusterRoleBinding(name, name, grantee),
  ];
}

/** The binding of a ClusterRole that exists. Pure. */
export function clusterRoleBinding(name: string, role: string, grantee: Grantee): Manifest {
  return {
    apiVersion: rbac,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: role },
    subjects: [subject(grantee)],
  };
}

/** A binding, in one namespace, of a Role that exists there. Pure. */
export function roleBinding(
  { name, namespace }: { readonly name: string; readonly namespace: string },
  role: string,
  grantee: Grantee,
): Manifest {
  return {
    apiVersion: rbac,
    kind: 'RoleBinding',
    metadata: { name, namespace },
    roleRef: { apiGroup: rbacGroup, kind: 'Role', name: role },
    subjects: [subject(grantee)],
  };
}

function subject(grantee: Grantee): Manifest {
  return 'user' in grantee
    ? { apiGroup: rbacGroup, kind: 'User', name: grantee.user }
    : { kind: 'ServiceAccount', name: grantee.serviceAccount, namespace: grantee.namespace };
}

/** A ServiceAccount. Pure. */
export function serviceAccount(name: string, namespace: string): Manifest {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } };
}

/** What every container of an add-on is held to: the "restricted" Pod Security Standard and a read-only root. */
export const restricted: Manifest = {
  runAsNonRoot: true,
  runAsUser: 65532,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
