import { expect } from 'vitest';
import type { ClusterAccess } from '../../dev/cluster/cluster.ts';
import { mustRun } from './cluster.ts';
import { eventually } from './eventually.ts';
import { list } from './stores.ts';

const keySet = { keys: [{ kty: 'oct', alg: 'HS256', kid: '2026-01', k: 'k'.repeat(64) }] };

/** Does what External Secrets does for the two ExternalSecrets of a store: it fetches values that the API takes. */
export async function playExternalSecrets(
  cluster: ClusterAccess,
  namespace: string,
): Promise<void> {
  const wanted = await eventually(async () => {
    const found = await list(cluster, 'externalsecrets', ['-n', namespace]);
    expect(found).toHaveLength(2);
    return found;
  });
  for (const object of wanted) {
    const name = object['spec'].target.name as string;
    const { secretKey } = object['spec'].data[0] as { secretKey: string };
    const value = name.endsWith('jwt') ? JSON.stringify(keySet) : 's'.repeat(64);
    const create = ['create', 'secret', 'generic', name, '-n', namespace];
    await mustRun(cluster, [...create, `--from-literal=${secretKey}=${value}`]);
    const conditions = [
      { type: 'Ready', status: 'True', reason: 'SecretSynced', message: 'secret synced' },
    ];
    const resource = `externalsecret/${object.metadata.name}`;
    const patch = ['patch', resource, '-n', namespace, '--subresource=status', '--type=merge'];
    await mustRun(cluster, [...patch, '-p', JSON.stringify({ status: { conditions } })]);
  }
}
