import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mustRun, sharedCluster, withNamespace } from '../../support/cluster.ts';

describe('the cluster of a test run', () => {
  const namespace = withNamespace('dev-cluster');

  it('runs the pods of a Deployment through kwok until they are Ready', async () => {
    const cluster = sharedCluster();
    const inNamespace = ['-n', namespace()];
    const create = ['create', 'deployment', 'web', '--image=example.org/web:1', '--replicas=3'];
    await mustRun(cluster, [...create, ...inNamespace]);
    await mustRun(cluster, [
      'rollout',
      'status',
      'deployment/web',
      '--timeout=30s',
      ...inNamespace,
    ]);
    const ready = ['get', 'deployment', 'web', '-o', 'jsonpath={.status.readyReplicas}'];
    expect(await mustRun(cluster, [...ready, ...inNamespace])).toBe('3');
  });

  it('lets a service account do what its role allows and nothing else', async () => {
    const cluster = sharedCluster();
    const inNamespace = ['-n', namespace()];
    await mustRun(cluster, ['create', 'serviceaccount', 'reader', ...inNamespace]);
    const role = ['create', 'role', 'reader', '--verb=list', '--resource=configmaps'];
    await mustRun(cluster, [...role, ...inNamespace]);
    const subject = `--serviceaccount=${namespace()}:reader`;
    const binding = ['create', 'rolebinding', 'reader', '--role=reader', subject];
    await mustRun(cluster, [...binding, ...inNamespace]);
    const kubeconfig = await cluster.kubeconfigFor({
      serviceAccount: { namespace: namespace(), name: 'reader' },
    });
    const list = (kind: string) => cluster.kubectl(['get', kind, ...inNamespace], { kubeconfig });
    expect((await list('configmaps')).code).toBe(0);
    const refused = await list('secrets');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`system:serviceaccount:${namespace()}:reader`);
  });

  it('knows a person with groups', async () => {
    const cluster = sharedCluster();
    const kubeconfig = await cluster.kubeconfigFor({ user: 'ayesha', groups: ['shop-owners'] });
    const { stdout } = await cluster.kubectl(['auth', 'whoami', '-o', 'json'], { kubeconfig });
    expect(JSON.parse(stdout)).toMatchObject({
      status: { userInfo: { username: 'ayesha', groups: ['shop-owners', 'system:authenticated'] } },
    });
  });

  it('records every request in the audit log, reads included', async () => {
    const cluster = sharedCluster();
    const path = `/api/v1/namespaces/${namespace()}/configmaps/never-made-by-anybody`;
    await cluster.kubectl(['get', '--raw', path]);
    const lines = readFileSync(cluster.auditLogPath ?? '', 'utf8').split('\n');
    const event = lines.map((line) => line.includes(path) && JSON.parse(line)).find(Boolean);
    expect(event).toMatchObject({ verb: 'get', requestURI: path, responseStatus: { code: 404 } });
  });
});
