// What the real controllers of cert-manager make of a store's Certificate: a self-signed issuer, and one with a CA.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../../dev/cluster/certificate.ts';
import {
  type CertificateSummary,
  readCertificate,
} from '../../../operator/x509/read-certificate.ts';
import {
  CertManager,
  certManagerBinary,
  type CertManagerProgram,
} from '../../support/cert-manager.ts';
import { withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { kubectlIn } from '../../support/kubectl-in.ts';
import { withOperator } from '../../support/operator.ts';
import { installPublishedCrds } from '../../support/published-crds.ts';
import {
  condition,
  installIngressClass,
  list,
  type LiveObject,
  readyStore,
} from '../../support/stores.ts';

/** Two controllers, one after the other; cert-manager waits between its own steps. */
const issueMs = 40_000;

describe('the real cert-manager', { timeout: 120_000 }, () => {
  const cluster = withOwnCluster();
  withOperator(cluster, { queue: { resyncMs: 3_000 } });
  const namespace = withNamespace('real', cluster);
  let program: CertManagerProgram = { why: 'it was not looked for' };
  let controllers: CertManager | undefined;

  const { get, run, apply, merge } = kubectlIn(cluster, namespace);
  const make = (kind: string, name: string, fields: object): Promise<string> => {
    const apiVersion = kind === 'Secret' ? 'v1' : 'cert-manager.io/v1';
    return apply({ apiVersion, kind, metadata: { name }, ...fields });
  };
  const judged = (name: string, reason: string): Promise<LiveObject> =>
    eventually(
      async () => {
        const store = await get(`dcs/${name}`);
        expect(condition(store, 'TLSReady'), controllers?.output.slice(-2_000)).toMatchObject({
          reason,
        });
        return store;
      },
      { timeoutMs: issueMs },
    );
  const issued = async (name: string): Promise<CertificateSummary | undefined> => {
    const { data } = await get(`secret/${name}-cert`);
    const text = (key: string): string => Buffer.from(data[key], 'base64').toString();
    return readCertificate(text('tls.crt'), text('tls.key'));
  };
  const by = (name: string): object => ({ tls: { mode: 'CertManager', issuerRef: { name } } });
  const requests = async (): Promise<number> =>
    (await list(cluster(), 'certificaterequests', ['-n', namespace()])).length;

  beforeAll(async () => {
    program = await certManagerBinary();
    await installPublishedCrds(cluster(), 'cert-manager');
    await installIngressClass(cluster(), 'traefik', {
      controller: 'traefik.io/ingress-controller',
    });
    if ('file' in program) controllers = new CertManager(program.file, cluster().kubeconfigPath);
  }, 600_000);
  afterAll(() => controllers?.stop());
  beforeEach(({ skip }) => {
    if ('why' in program) skip(`cert-manager cannot be built: ${program.why}`);
  });

  it('gets one from a self-signed issuer, which the store serves from then on', async () => {
    await make('Issuer', 'self', { spec: { selfSigned: {} } });
    await readyStore(cluster(), namespace(), 'shop', by('self'));

    const store = await judged('shop', 'Issued');
    expect(store['status'].tls).toMatchObject({ mode: 'CertManager', secretName: 'shop-cert' });
    expect(store['status'].tls.renewalTime).toMatch(/^\d{4}-/);
    expect(await issued('shop')).toMatchObject({ hosts: ['shop.example.com'], matchesKey: true });
    expect((await get('ingress/shop-ingress'))['spec'].tls).toEqual([
      { hosts: ['shop.example.com'], secretName: 'shop-cert' },
    ]);
  });

  it('says in its own words why an issuer cannot issue, and is heard when it can', async () => {
    await make('Issuer', 'ca', { spec: { ca: { secretName: 'authority' } } });
    await readyStore(cluster(), namespace(), 'company', by('ca'));
    const waiting = await judged('company', 'IssuerNotReady');
    expect(condition(waiting, 'TLSReady')?.message).toContain('authority');
    expect(condition(waiting, 'TLSReady')?.message).toContain('self-signed');

    const { certificate, key } = createAuthority('company-ca');
    await make('Secret', 'authority', {
      type: 'kubernetes.io/tls',
      stringData: { 'tls.crt': certificate, 'tls.key': key },
    });
    const store = await judged('company', 'Issued');
    expect(store['status'].tls).toMatchObject({
      issuer: 'CN=company-ca',
      hosts: ['company.example.com'],
    });
  });

  it('issues anew for a new host, while the one before keeps its own', async () => {
    const hosts = ['company.example.com', 'www.example.com'];
    await merge('dcs/company', { spec: { hosts } });
    await eventually(
      async () => {
        const { tls } = (await get('ingress/company-ingress'))['spec'];
        expect(tls[0]).toMatchObject({ secretName: 'company-cert' });
        expect(tls).toEqual([{ hosts, secretName: 'company-cert' }]);
      },
      { timeoutMs: issueMs },
    );
    expect(await issued('company')).toMatchObject({ hosts, matchesKey: true, isChained: true });
  });

  it('and the operator write nothing once they are settled', async () => {
    const versions = async (): Promise<readonly string[]> => {
      const objects = [
        ...(await list(cluster(), 'certificates,issuers,secrets,ingresses', ['-n', namespace()])),
        await get('dcs/company'),
      ];
      return objects.map(
        ({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`,
      );
    };
    await run('rollout', 'status', 'deployment/company-api', 'deployment/company-web');
    await sleep(5_000);
    const before = await versions();
    await sleep(8_000);
    expect(await versions()).toEqual(before);
  });

  it('asks the authority for nothing when a store is made again', async () => {
    const before = (await get('secret/company-cert'))['data']['tls.crt'];
    await run('delete', 'dcs/company', '--wait');
    await eventually(async () => expect(await requests()).toBe(1));
    const hosts = ['company.example.com', 'www.example.com'];
    await readyStore(cluster(), namespace(), 'company', { hosts, ...by('ca') });
    await judged('company', 'Issued');
    await sleep(5_000);
    expect((await get('secret/company-cert'))['data']['tls.crt']).toBe(before);
    expect(await requests()).toBe(1);
  });

  it('does not bring back what goes with its store', async () => {
    await merge('dcs/company', { spec: { deletion: { policy: 'Delete' } } });
    await run('delete', 'dcs/company', '--wait');
    await sleep(5_000);
    const secrets = (await list(cluster(), 'secrets', ['-n', namespace()])).map(
      ({ metadata }) => metadata.name,
    );
    expect(secrets.filter((name) => name.startsWith('company-'))).toEqual([]);
  });
});
