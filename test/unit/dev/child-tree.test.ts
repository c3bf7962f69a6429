import { describe, expect, it } from 'vitest';
import { stateOf, treeLines, type TreeObject } from '../../../dev/demo/child-tree.ts';

const anObject = (kind: string, name: string, owner?: string, rest: object = {}): TreeObject => ({
  kind,
  metadata: {
    name,
    uid: `${kind}/${name}`,
    ...(owner !== undefined && { ownerReferences: [{ uid: owner, controller: true }] }),
  },
  ...rest,
});

const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
const store = anObject('DhakaCartStore', 'shop', undefined, { status: ready });
const own = 'DhakaCartStore/shop';

describe('the tree of a store', () => {
  it('follows owners, tells states, and names apart what outlives the store', () => {
    const objects = [
      anObject('Secret', 'shop-jwt', undefined, { data: { a: '', b: '' } }),
      anObject('Pod', 'shop-api-1-b', 'ReplicaSet/shop-api-1', {
        status: {
          phase: 'Pending',
          containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff' } } }],
        },
      }),
      anObject('Pod', 'shop-api-1-a', 'ReplicaSet/shop-api-1', { status: ready }),
      anObject('ReplicaSet', 'shop-api-1', 'Deployment/shop-api', {
        spec: { replicas: 2 },
        status: { readyReplicas: 1 },
      }),
      anObject('ServiceAccount', 'shop-api', own),
      anObject('Deployment', 'shop-api', own, {
        spec: { replicas: 2 },
        status: { availableReplicas: 1 },
      }),
    ];
    expect(treeLines(store, objects)).toEqual([
      'DhakaCartStore/shop          Ready',
      '├─ Deployment/shop-api       1/2 available',
      '│  └─ ReplicaSet/shop-api-1  1/2 ready',
      '│     ├─ Pod/shop-api-1-a    ready',
      '│     └─ Pod/shop-api-1-b    ImagePullBackOff',
      '└─ ServiceAccount/shop-api',
      'kept when the store is deleted, unless spec.deletion.policy is Delete',
      '   Secret/shop-jwt           a, b',
    ]);
  });

  it.each([
    [
      'a Job that is complete',
      'Job',
      { conditions: [{ type: 'Complete', status: 'True' }] },
      'complete',
    ],
    ['a Job that failed', 'Job', { conditions: [{ type: 'Failed', status: 'True' }] }, 'failed'],
    ['a Job that runs', 'Job', {}, 'runs'],
    ['an Ingress without an address', 'Ingress', { loadBalancer: {} }, 'no address yet'],
    [
      'an Ingress with one',
      'Ingress',
      { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } },
      'at 10.0.0.1',
    ],
    ['a budget', 'PodDisruptionBudget', { disruptionsAllowed: 1 }, '1 may go'],
    ['a claim that waits', 'PersistentVolumeClaim', { phase: 'Pending' }, 'Pending, no size'],
    [
      'a kind of another project',
      'Certificate',
      { conditions: [{ type: 'Ready', status: 'False', reason: 'DoesNotExist' }] },
      'DoesNotExist',
    ],
    ['what is simply there', 'ConfigMap', undefined, ''],
  ])('tells the state of %s', (_title, kind, status, expected) => {
    expect(stateOf(anObject(kind, 'x', own, { status }))).toBe(expected);
  });
});
