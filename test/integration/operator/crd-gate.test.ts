import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { installOperatorRole } from '../../../dev/operator-role.ts';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestOperator } from '../../support/operator.ts';
import { readyStore } from '../../support/stores.ts';

const crdFile = fileURLToPath(
  new URL('../../../crds/dhakacart.io_dhakacartstores.yaml', import.meta.url),
);

function olderCrd(): string {
  const crd = parse(readFileSync(crdFile, 'utf8'));
  const { properties } = crd.spec.versions[0].schema.openAPIV3Schema;
  delete properties.spec.properties.security;
  delete properties.status.properties.url;
  return JSON.stringify(crd); // YAML would need quotes around words such as Off
}

describe('an operator without the CRD that it needs', { timeout: 120_000 }, () => {
  const cluster = withOwnCluster();
  const namespace = withNamespace('gate', cluster);

  it('waits for it, says what is missing, and goes on by itself', async () => {
    const kubeconfig = await installOperatorRole(cluster());
    await mustRun(cluster(), ['delete', '-f', crdFile]);
    const operator = await startTestOperator(kubeconfig);
    const ready = async (): Promise<{ status: number; text: string }> => {
      const response = await fetch(`http://127.0.0.1:${operator.healthPort}/readyz`);
      return { status: response.status, text: await response.text() };
    };
    try {
      await eventually(async () => {
        expect(await ready()).toMatchObject({
          status: 503,
          text: expect.stringContaining('is not installed'),
        });
      });

      await mustRun(cluster(), ['apply', '--server-side', '-f', '-'], olderCrd());
      await eventually(async () => {
        const { status, text } = await ready();
        expect(status).toBe(503);
        expect(text).toContain('spec.security, status.url');
      });

      await mustRun(cluster(), ['apply', '--server-side', '--force-conflicts', '-f', crdFile]);
      await eventually(async () => expect(await ready()).toMatchObject({ status: 200 }));
      await readyStore(cluster(), namespace(), 'shop');
    } finally {
      await operator.stop();
    }
  });
});
