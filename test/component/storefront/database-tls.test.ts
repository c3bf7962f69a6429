// `verify-full` as libpq means it: the certificate must come from the given authority and name the host, or nothing that
// matters is sent (https://www.postgresql.org/docs/18/libpq-ssl.html).
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createAuthority, issueCertificate } from '../../../dev/cluster/certificate.ts';
import { type PostgresServer, startPostgres } from '../../../dev/postgres/start-postgres.ts';
import { databaseSettings } from '../../../storefront-api/database-config.ts';
import { DatabaseUnavailable } from '../../../storefront-api/errors.ts';
import { Database, type DatabaseSettings } from '../../../storefront-api/repositories/database.ts';
import { aConfig, fetchFrom, settingsOf, startedApi } from '../../support/storefront.ts';

const authority = createAuthority('database-ca');
const stranger = createAuthority('database-ca');
const session = {
  name: 'tls',
  text: 'SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
};
/** https://www.postgresql.org/docs/18/protocol-message-formats.html, SSLRequest. */
const sslRequest = Buffer.from('0000000804d2162f', 'hex');

function certified(hosts: readonly string[]): Promise<PostgresServer> {
  const request = { subject: { commonName: 'database' }, usage: 'server', hosts } as const;
  return startPostgres({ fsync: false, tls: issueCertificate(authority, request) });
}

function verified(url: string, ca = authority.certificate): DatabaseSettings {
  const env = { DATABASE_URL: url, DATABASE_SSL_MODE: 'verify-full', DATABASE_CA_FILE: 'ca.crt' };
  return databaseSettings({ env, readFile: () => ca });
}

async function outcome(settings: DatabaseSettings): Promise<unknown> {
  const database = new Database(settings);
  try {
    const [read, written] = [await database.read(session), await database.run(session)];
    return [...read, ...written];
  } catch (error) {
    return error;
  } finally {
    await database.end();
  }
}

/** Listens in the middle, and keeps what clients send. */
class Tap {
  readonly #server: Server;
  readonly #sent: Buffer[][] = [];

  constructor(port: number) {
    this.#server = createServer((client) => {
      const upstream = connect(port, '127.0.0.1');
      const sent: Buffer[] = [];
      this.#sent.push(sent);
      client.on('data', (part: Buffer) => void sent.push(part)).pipe(upstream);
      upstream.pipe(client);
      for (const socket of [client, upstream]) socket.on('error', () => undefined);
      client.on('close', () => upstream.destroy());
      upstream.on('close', () => client.destroy());
    });
  }

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  /** Bytes of each connection. */
  get connections(): readonly Buffer[] {
    return this.#sent.map((parts) => Buffer.concat(parts));
  }

  stop(): Promise<unknown> {
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('S88 the database over TLS', () => {
  let named: PostgresServer;
  let numbered: PostgresServer;
  beforeAll(async () => {
    [named, numbered] = await Promise.all([certified(['localhost']), certified(['127.0.0.1'])]);
  });
  afterAll(() => Promise.all([named.stop(), numbered.stop()]));

  const byName = (server: PostgresServer): string => server.url().replace('127.0.0.1', 'localhost');

  it('with the right authority and host is spoken to in TLS 1.3', async () => {
    const sessions = [
      { ssl: true, version: 'TLSv1.3' },
      { ssl: true, version: 'TLSv1.3' },
    ];
    expect(await outcome(verified(byName(named)))).toEqual(sessions);
    expect(await outcome(verified(numbered.url()))).toEqual(sessions);
  });

  it.each<[string, () => DatabaseSettings]>([
    ['of another authority of the same name', () => verified(byName(named), stranger.certificate)],
    ['for another name', () => verified(byName(numbered))],
    ['for a name, where an address was asked for', () => verified(named.url())],
    ['of no authority that this machine trusts', () => systemTrust(byName(named))],
    ['that is not there', () => verified(inject('postgresUrl'))],
  ])('with a certificate %s is unavailable, and hears no name and no password', async (_, of) => {
    const settings = of();
    const tap = new Tap(settings.port);
    const port = await tap.start();
    try {
      expect(await outcome({ ...settings, port })).toBeInstanceOf(DatabaseUnavailable);
      expect(tap.connections.length).toBeGreaterThan(0);
      for (const sent of tap.connections) {
        expect(sent.subarray(0, sslRequest.length)).toEqual(sslRequest);
        const text = sent.toString('latin1');
        for (const secret of [settings.user, settings.password, session.text])
          expect(text).not.toContain(secret);
      }
    } finally {
      await tap.stop();
    }
  });

  it('that cannot be verified leaves the API alive, not ready, and answering 503', async () => {
    const database = { ...verified(byName(named), stranger.certificate), poolSize: 4 };
    const api = await startedApi(named.url(), { config: { ...aConfig(named.url()), database } });
    try {
      const inner = `http://127.0.0.1:${api.metricsPort}/health`;
      expect((await fetch(`${inner}/live`)).status).toBe(200);
      expect((await fetch(`${inner}/ready`)).status).toBe(503);
      const response = await fetchFrom(api, '/api/products');
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
      expect(await response.text()).not.toMatch(/certificate|TLS|SSL/i);
    } finally {
      await api.stop();
    }
  });

  it('is still open to whoever is on this machine and asks for no TLS', async () => {
    expect(await outcome(settingsOf(named.url()))).toMatchObject([{ ssl: false }, { ssl: false }]);
  });
});

/** `verify-full` with the authorities that Node brings. */
function systemTrust(url: string): DatabaseSettings {
  const env = { DATABASE_URL: url, DATABASE_SSL_MODE: 'verify-full' };
  return databaseSettings({ env, readFile: () => '' });
}
