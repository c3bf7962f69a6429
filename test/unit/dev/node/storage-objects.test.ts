import { describe, expect, it } from 'vitest';
import { nodeName } from '../../../../dev/node/node-layout.ts';
import {
  isFinished,
  needsVolume,
  selectedNode,
  volumeFor,
} from '../../../../dev/node/volumes/storage-objects.ts';
import type { Claim, Volume } from '../../../../dev/node/volumes/storage-objects.ts';

const claim: Claim = {
  metadata: {
    name: 'data',
    namespace: 'shop',
    uid: 'u1',
    annotations: { [selectedNode]: nodeName },
  },
  spec: {
    storageClassName: 'local',
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '8Gi' } },
  },
};

describe('a claim', () => {
  it('waits for us once the scheduler has chosen the node', () => {
    expect(needsVolume(claim)).toBe(true);
  });

  it.each<[string, Claim]>([
    ['no pod uses it yet', { ...claim, metadata: { ...claim.metadata, annotations: {} } }],
    ['it is of another class', { ...claim, spec: { ...claim.spec, storageClassName: 'other' } }],
    ['it has its volume', { ...claim, spec: { ...claim.spec, volumeName: 'pvc-u1' } }],
    ['it wants a device', { ...claim, spec: { ...claim.spec, volumeMode: 'Block' } }],
  ])('is left alone when %s', (_, other) => {
    expect(needsVolume(other)).toBe(false);
  });

  it('gets a local volume that nobody else can take', () => {
    expect(volumeFor(claim, '/volumes/pvc-u1')).toMatchObject({
      metadata: { name: 'pvc-u1' },
      spec: {
        capacity: { storage: '8Gi' },
        claimRef: { namespace: 'shop', name: 'data', uid: 'u1' },
        local: { path: '/volumes/pvc-u1' },
      },
    });
  });
});

describe('a volume', () => {
  const spec = { storageClassName: 'local', persistentVolumeReclaimPolicy: 'Delete' };

  it.each<[boolean, Volume]>([
    [true, { metadata: { name: 'a' }, spec, status: { phase: 'Released' } }],
    [false, { metadata: { name: 'a' }, spec, status: { phase: 'Bound' } }],
    [false, { metadata: { name: 'a' }, spec }],
    [
      false,
      {
        metadata: { name: 'a' },
        spec: { ...spec, persistentVolumeReclaimPolicy: 'Retain' },
        status: { phase: 'Released' },
      },
    ],
  ])('is removed: %s for %j', (expected, volume) => {
    expect(isFinished(volume)).toBe(expected);
  });
});
