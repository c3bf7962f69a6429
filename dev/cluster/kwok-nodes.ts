const ZONES = ['zone-a', 'zone-b', 'zone-c'] as const;

/**
 * The Node object of a node that kwok plays. It has capacity but no kubelet: pods on it turn Running
 * and Ready, yet no container exists. Zones rotate, so that topology spread has something to do. Pure.
 */
export function kwokNode(index: number, podsPerNode: number): Record<string, unknown> {
  const name = `kwok-${index}`;
  const zone = ZONES[index % ZONES.length] ?? ZONES[0];
  const capacity = {
    cpu: '64',
    memory: '256Gi',
    'ephemeral-storage': '1Ti',
    pods: String(podsPerNode),
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'topology.kubernetes.io/region': 'local',
        'topology.kubernetes.io/zone': zone,
        type: 'kwok',
      },
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
    },
    spec: {},
    status: { capacity, allocatable: capacity },
  };
}
