// The role that the API serves as, made by `migrate`: it can run the shop, and nothing else.
import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { describe, expect, inject, it, vi } from 'vitest';
import { migrationExitCodes } from '../../../operator/names.ts';
import { migrateShop } from '../../../storefront-api/shop-database.ts';
import { ApiProcesses } from '../../support/api-process.ts';
import { aShopper, checkOut } from '../../support/shopper.ts';
import {
  aConfig,
  asAdministrator,
  emptyDatabase,
  migratedDatabase,
  seededDatabase,
  settingsOf,
  startedApi,
} from '../../support/storefront.ts';

const newRole = (): string => `api_${randomBytes(6).toString('hex')}`;
const newPassword = (): string => randomBytes(48).toString('base64url');
const urlAs = (url: string, name: string, password: string): string =>
  url.replace(/\/\/.*@/, `//${name}:${password}@`);

/** One statement as whoever the URL names. */
const statement = asAdministrator;

const whoAmI = 'SELECT current_user AS name';

describe('the role of the API', () => {
  it('is made with its password, and sells', async () => {
    const [name, password] = [newRole(), newPassword()];
    const url = await seededDatabase();
    await migrateShop(settingsOf(url), { name, password });
    const api = await startedApi(url, { config: aConfig(urlAs(url, name, password)) });
    try {
      const shopper = aShopper(api);
      const line = { sku: 'HILSA-PADMA-1KG', quantity: 1 };
      expect(await shopper.ask('POST', '/api/cart/lines', { json: line })).toMatchObject({
        status: 200,
      });
      expect(await checkOut(shopper, randomUUID())).toMatchObject({ status: 201 });
    } finally {
      await api.stop();
    }
  });

  it('S94 reads and writes rows, but cannot change the schema', async () => {
    const [name, password] = [newRole(), newPassword()];
    const url = urlAs(await migratedDatabase({ name, password }), name, password);
    await statement(url, "INSERT INTO categories (path, name_en, name_bn) VALUES ('a', 'a', 'a')");
    expect(await statement(url, 'SELECT path FROM categories')).toEqual([{ path: 'a' }]);
    for (const text of [
      'CREATE TABLE mine ()',
      'CREATE TEMPORARY TABLE mine ()',
      'CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
      'DROP TABLE products',
      'ALTER TABLE products ADD COLUMN x int',
      'CREATE INDEX ON products (id)',
      'TRUNCATE products',
      "INSERT INTO schema_migrations (name, checksum) VALUES ('9', 'x')",
      'DELETE FROM schema_migrations',
      'CREATE SCHEMA mine',
      'CREATE ROLE mine',
      "COPY categories TO PROGRAM 'true'",
    ]) {
      await expect(statement(url, text), text).rejects.toThrow(/permission denied|must be owner/);
    }
  });

  it('gets another password from the next run, and the old one opens nothing', async () => {
    const [name, before, after] = [newRole(), newPassword(), newPassword()];
    const url = await migratedDatabase({ name, password: before });
    expect(await migrateShop(settingsOf(url), { name, password: after })).toEqual([]);
    await migrateShop(settingsOf(url), { name, password: after });
    expect(await statement(urlAs(url, name, after), whoAmI)).toEqual([{ name }]);
    await expect(statement(urlAs(url, name, before), whoAmI)).rejects.toThrow(
      /password authentication failed/,
    );
  });

  it('may be made by several runs at once, in databases of one server', async () => {
    const [name, password] = [newRole(), newPassword()];
    const urls = await Promise.all(Array.from({ length: 4 }, () => emptyDatabase()));
    await Promise.all(urls.map((url) => migrateShop(settingsOf(url), { name, password })));
    for (const url of urls)
      expect(await statement(urlAs(url, name, password), whoAmI)).toEqual([{ name }]);
  });

  it('is given its password in no statement', async () => {
    const [name, password] = [newRole(), newPassword()];
    const url = await emptyDatabase();
    const query = vi.spyOn(Client.prototype, 'query');
    await migrateShop(settingsOf(url), { name, password });
    const statements = JSON.stringify(query.mock.calls);
    query.mockRestore();
    expect(statements).toContain(`ALTER ROLE \\"${name}\\" LOGIN PASSWORD 'SCRAM-SHA-256$4096:`);
    expect(statements).not.toContain(password);
  });

  it('that is there already gets its rights, keeps its password, and sells', async () => {
    const [name, password] = [newRole(), newPassword()];
    const url = await seededDatabase();
    await asAdministrator(url, `CREATE ROLE ${name} LOGIN PASSWORD '${password}'`);
    await migrateShop(settingsOf(url), { name, password, isGiven: true });
    const api = await startedApi(url, { config: aConfig(urlAs(url, name, password)) });
    try {
      const json = { sku: 'HILSA-PADMA-1KG', quantity: 1 };
      const answer = await aShopper(api).ask('POST', '/api/cart/lines', { json });
      expect(answer).toMatchObject({ status: 200 });
    } finally {
      await api.stop();
    }
  });

  it('that is there already must have the password that is said to be its own', async () => {
    const name = newRole();
    await asAdministrator(
      inject('postgresUrl'),
      `CREATE ROLE ${name} LOGIN PASSWORD '${newPassword()}'`,
    );
    const error = await migratedDatabase({
      name,
      password: newPassword(),
      isGiven: true,
    }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      blame: 'refused',
      message: expect.stringMatching(
        `refuses ${name} \\(password authentication failed.*the password of that role is another one`,
      ),
    });
  });

  it('must exist before it is granted anything, when its password is not ours', async () => {
    await expect(
      migratedDatabase({ name: 'nobody-knows-me', password: undefined }),
    ).rejects.toThrow(/there is no role nobody-knows-me: create it first/);
  });

  it.each(['SUPERUSER', 'CREATEROLE', 'CREATEDB', 'REPLICATION', 'BYPASSRLS'])(
    'is refused when it may do more, and keeps its password: %s',
    async (power) => {
      const [name, password] = [newRole(), newPassword()];
      const url = inject('postgresUrl');
      await asAdministrator(url, `CREATE ROLE ${name} LOGIN ${power} PASSWORD '${password}'`);
      await expect(migratedDatabase({ name, password: newPassword() })).rejects.toThrow(
        `role ${name} may do more than read and write rows`,
      );
      expect(await statement(urlAs(url, name, password), whoAmI)).toEqual([{ name }]);
    },
  );

  it('is not the owner of the schema', async () => {
    const { user, password } = settingsOf(inject('postgresUrl'));
    await expect(migratedDatabase({ name: user, password })).rejects.toThrow(/may do more/);
  });

  it.each(['', 'pässword', 'tab\tted'])('has no password like %j', async (password) => {
    await expect(migratedDatabase({ name: newRole(), password })).rejects.toThrow(
      /is empty or has other characters than printable ASCII: draw a new one/,
    );
  });
});

describe('an owner of the schema who is no superuser', () => {
  interface OwnedDatabase {
    readonly url: string;
    readonly owner: string;
  }

  async function ownedDatabase(rights: string, isOwner = true): Promise<OwnedDatabase> {
    const [owner, password] = [newRole(), newPassword()];
    const url = await emptyDatabase();
    await asAdministrator(url, `CREATE ROLE ${owner} LOGIN ${rights} PASSWORD '${password}'`);
    const { database } = settingsOf(url);
    if (isOwner) await asAdministrator(url, `ALTER DATABASE ${database} OWNER TO ${owner}`);
    return { url: urlAs(url, owner, password), owner };
  }

  it('makes the role of the API with CREATEROLE, again and again', async () => {
    const { url } = await ownedDatabase('CREATEROLE');
    const [name, before, after] = [newRole(), newPassword(), newPassword()];
    await migrateShop(settingsOf(url), { name, password: before });
    await migrateShop(settingsOf(url), { name, password: after });
    expect(
      await statement(urlAs(url, name, after), 'SELECT count(*)::int AS n FROM products'),
    ).toEqual([{ n: 0 }]);
  });

  it('is told what it lacks without it', async () => {
    const { url, owner } = await ownedDatabase('');
    const name = newRole();
    await expect(migrateShop(settingsOf(url), { name, password: newPassword() })).rejects.toThrow(
      `${owner} may not make or change role ${name} (permission denied to create role): give it CREATEROLE`,
    );
  });

  it('needs nothing for a role that is there already', async () => {
    const { url } = await ownedDatabase('');
    const [name, password] = [newRole(), newPassword()];
    await asAdministrator(
      inject('postgresUrl'),
      `CREATE ROLE ${name} LOGIN PASSWORD '${password}'`,
    );
    await migrateShop(settingsOf(url), { name, password, isGiven: true });
    expect(await statement(urlAs(url, name, password), whoAmI)).toEqual([{ name }]);
  });

  it('may not change a role that somebody else has made', async () => {
    const { url } = await ownedDatabase('CREATEROLE');
    const name = newRole();
    await asAdministrator(inject('postgresUrl'), `CREATE ROLE ${name} LOGIN`);
    await expect(migrateShop(settingsOf(url), { name, password: newPassword() })).rejects.toThrow(
      `may not make or change role ${name} (permission denied to alter role)`,
    );
  });

  it('must own its database', async () => {
    const { url, owner } = await ownedDatabase('CREATEROLE', false);
    await expect(migrateShop(settingsOf(url))).rejects.toThrow(
      new RegExp(
        `^${owner} may not make tables in database \\S+ \\(permission denied for schema public\\): it must own the database`,
      ),
    );
  });
});

describe('the command migrate', () => {
  const processes = new ApiProcesses();
  const environmentOf = (url: string, change: Readonly<Record<string, string>>) => {
    const { host, port, database, user, password } = settingsOf(url);
    return {
      PGHOST: host,
      PGPORT: String(port),
      PGDATABASE: database,
      PGUSER: user,
      PGPASSWORD_FILE: processes.file('owner', password),
      ...change,
    };
  };
  const lastLine = (output: string): string => output.trimEnd().split('\n').at(-1) ?? '';

  it('takes both passwords from files, and tells neither', async () => {
    const [name, password] = [newRole(), newPassword()];
    const url = await emptyDatabase();
    const { code, output } = await processes.ended(
      ['migrate'],
      environmentOf(url, {
        DATABASE_RUNTIME_ROLE: name,
        DATABASE_RUNTIME_PASSWORD_FILE: processes.file('runtime', `${password}\n`),
      }),
    );
    expect(code).toBe(0);
    expect(output).not.toContain(password);
    expect(await statement(urlAs(url, name, password), whoAmI)).toEqual([{ name }]);
  });

  it('ends with one line that says what is wrong and what to do', async () => {
    const url = await emptyDatabase();
    const wrong = processes.file('wrong', 'not-the-password');
    const { code, output } = await processes.ended(
      ['migrate'],
      environmentOf(url, { PGPASSWORD_FILE: wrong }),
    );
    expect(code).toBe(migrationExitCodes.refused);
    expect(lastLine(output)).toMatch(
      /^storefront-api: PostgreSQL at 127\.0\.0\.1:\d+ refuses \S+ \(password authentication failed.*\): the password of that role is another one, restore it or set it anew$/,
    );
    expect(output).not.toContain('not-the-password');
  });

  it('names a database that is not there', async () => {
    const environment = environmentOf(inject('postgresUrl'), { PGDATABASE: 'nowhere' });
    const { code, output } = await processes.ended(['migrate'], environment);
    expect(code).toBe(migrationExitCodes.refused);
    expect(lastLine(output)).toMatch(/has no database nowhere: create it, or change PGDATABASE$/);
  });

  it('tries the password of a role that is there already', async () => {
    const [name, password] = [newRole(), newPassword()];
    const url = await emptyDatabase();
    await asAdministrator(url, `CREATE ROLE ${name} LOGIN PASSWORD '${password}'`);
    const migrateWith = (file: string) =>
      processes.ended(
        ['migrate'],
        environmentOf(url, {
          DATABASE_RUNTIME_ROLE: name,
          DATABASE_RUNTIME_PASSWORD_FILE: processes.file('given', file),
          DATABASE_RUNTIME_ROLE_MODE: 'existing',
        }),
      );
    const refused = await migrateWith('not-the-password');
    expect([refused.code, lastLine(refused.output)]).toEqual([
      migrationExitCodes.refused,
      expect.stringContaining(`refuses ${name} (password authentication failed`),
    ]);
    expect((await migrateWith(password)).code).toBe(0);
  });

  it('tells a server that does not prove who it is from one that lets nobody in', async () => {
    const environment = environmentOf(await emptyDatabase(), { DATABASE_SSL_MODE: 'verify-full' });
    const { code, output } = await processes.ended(['migrate'], environment);
    expect(code).toBe(migrationExitCodes.unreachable);
    expect(lastLine(output)).toMatch(
      /does not prove who it is \(The server does not support SSL connections\): look at DATABASE_SSL_MODE/,
    );
  });

  it('refuses a password without a role', async () => {
    const file = processes.file('lonely', 'x');
    const environment = environmentOf(inject('postgresUrl'), {
      DATABASE_RUNTIME_PASSWORD_FILE: file,
    });
    const { code, output } = await processes.ended(['migrate'], environment);
    expect(code).toBe(64);
    expect(lastLine(output)).toContain('DATABASE_RUNTIME_ROLE is not: name the role');
  });
});
