// Writes that the API server refuses, told apart by its own words for whoever can help: no other part of the answer
// distinguishes a quota from a policy from a missing permission.
import { WaitingError } from '../errors.ts';
import type { KubeError } from '../runtime/kube-error.ts';

interface Refusal {
  readonly words: RegExp;
  readonly reason: string;
  readonly remedy: string;
}

const refusals: readonly Refusal[] = [
  // https://kubernetes.io/docs/concepts/policy/resource-quotas/#how-kubernetes-resourcequotas-work
  {
    words: /(exceeded|failed) quota: /,
    reason: 'QuotaExceeded',
    remedy: 'raise that ResourceQuota, or let the store ask for less',
  },
  // https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response
  {
    words: /admission webhook "[^"]+" denied the request|ValidatingAdmissionPolicy '[^']+'/,
    reason: 'AdmissionDenied',
    remedy: 'change the store so that this policy is kept, or exempt the store from it',
  },
  // https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims
  {
    words: /pvc can be resized|must support resize/,
    reason: 'VolumeCannotGrow',
    remedy:
      'set allowVolumeExpansion: true on the StorageClass of the claim, or set spec.database.managed.storage.size back',
  },
  {
    words: /is immutable after creation except resources\.requests/,
    reason: 'VolumeNotBound',
    remedy:
      'a claim changes in nothing before it is bound: set spec.database.managed.storage back, or, while it is Pending and holds nothing, delete it, and it is made anew',
  },
  // https://kubernetes.io/docs/reference/access-authn-authz/authorization/
  {
    words: /cannot \S+ resource "/,
    reason: 'PermissionMissing',
    remedy:
      "give the operator's role this permission: upgrade its chart, or undo what changed the role",
  },
];

/** A refusal that only somebody else can end, with the remedy where it is known. Pure. */
export function refusalError(error: KubeError): WaitingError {
  const known = refusals.find(({ words }) => words.test(error.message));
  if (known === undefined) return new WaitingError(error.reason, error.message, { cause: error });
  return new WaitingError(known.reason, `${error.message}; ${known.remedy}`, { cause: error });
}
