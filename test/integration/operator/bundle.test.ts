import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { installOperatorRole } from '../../../dev/operator-role.ts';
import { withBundle } from '../../support/bundle.ts';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { OperatorProcess } from '../../support/operator.ts';
import { storeManifest } from '../../support/stores.ts';

const run = promisify(execFile);

describe('the one-file bundle', () => {
  const cluster = withOwnCluster();
  const namespace = withNamespace('bundle', cluster);
  const program = withBundle('operator');

  it('explains itself', async () => {
    const { stdout } = await run(process.execPath, [program(), '--help']);

    expect(stdout).toContain('--leader-elect=true|false');
  });

  it.each([
    [['--verbose'], /Unknown option '--verbose'; see --help/],
    [['--concurrency=0'], /--concurrency: "0" is not a whole number from 1 to 100/],
    [['--kubeconfig=/nowhere'], /cannot read \/nowhere: set --kubeconfig or KUBECONFIG/],
  ])('refuses %j with a sentence that says what to do', async (args, message) => {
    const failure = await run(process.execPath, [program(), ...args]).catch(
      (error: unknown) => error,
    );

    expect((failure as { stderr: string }).stderr).toMatch(message);
  });

  it('reconciles by itself, with leader election, and stops in good order', async () => {
    const kubeconfig = await installOperatorRole(cluster());
    const operator = new OperatorProcess(kubeconfig, [], program());
    await mustRun(cluster(), ['apply', '-f', '-'], storeManifest('shop', namespace()));
    await mustRun(cluster(), [
      'wait',
      '--for=condition=Ready',
      'dcs/shop',
      '-n',
      namespace(),
      '--timeout=60s',
    ]);

    const code = await operator.end('SIGTERM');

    expect(code).toBe(0);
    const lease = await mustRun(cluster(), [
      'get',
      'lease/dhakacart-operator',
      '-n',
      'dhakacart-system',
      '-o',
      'jsonpath={.spec.holderIdentity}',
    ]);
    expect(lease).toBe('');
    expect(operator.output).not.toMatch(/"level":"(error|fatal)"/);
  });
});
