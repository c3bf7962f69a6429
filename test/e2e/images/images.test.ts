// The assembled images run: each as its own user, restricted, with a root that cannot be written, and together as a shop.
import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assembleImages } from '../../../dev/images/assemble-images.ts';
import type { ImageName } from '../../../dev/images/image-plan.ts';
import { configFiles } from '../../../operator/desired/config-map.ts';
import { aStore } from '../../support/a-store.ts';
import {
  apiFiles,
  apiPort,
  page,
  password,
  userIds,
  webFiles,
} from '../../support/image-shop-files.ts';
import { Browser, findChromium } from '../../support/browser.ts';
import {
  type Container,
  Sandbox,
  type UnpackedImage,
  unpackImage,
  whyNoContainers,
} from '../../support/image-container.ts';

const why = whyNoContainers();
const chromium = findChromium();
describe.skipIf(why !== undefined)(`assembled images${why ? ` (skipped: ${why})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'dhakacart-images-test-'));
  const images = new Map<ImageName, UnpackedImage>();
  let sandbox: Sandbox;
  let database: Container;

  const run = (name: ImageName, options = {}): Container =>
    sandbox.start(name, images.get(name) as UnpackedImage, options);

  /** A folder with files, of a container's user; the same at each call. */
  const ownFolder = (
    name: string,
    user: ImageName,
    files: Readonly<Record<string, string>> = {},
  ): string => {
    const path = join(folder, `of-${name}`);
    mkdirSync(path, { recursive: true });
    chownSync(path, userIds[user], userIds[user]);
    for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
    return path;
  };

  /** Asks a server in the sandbox; returns head and body. */
  const ask = (url: string, ...args: readonly string[]): string => {
    const command = [...sandbox.entrance, 'curl', '-sSi', ...args, url];
    return execFileSync('env', command, { encoding: 'utf8', stdio: 'pipe' });
  };

  const runApi = (...args: readonly string[]): Container =>
    run('storefront-api', {
      args,
      env: {
        PGHOST: '127.0.0.1',
        PGUSER: 'owner',
        PGDATABASE: 'shop',
        PGPASSWORD_FILE: '/tmp/password',
        CONFIG_FILE: '/tmp/config.json',
        JWT_KEYS_FILE: '/tmp/jwks.json',
        SESSION_SECRET_FILE: '/tmp/secret',
        PORT: String(apiPort),
      },
      mounts: { '/tmp': ownFolder('api', 'storefront-api', apiFiles) },
    });

  const startDatabase = async (): Promise<void> => {
    database = run('postgres', {
      env: {
        POSTGRES_USER: 'owner',
        POSTGRES_DB: 'shop',
        POSTGRES_PASSWORD_FILE: '/docker-entrypoint-initdb.d/password',
      },
      mounts: {
        '/docker-entrypoint-initdb.d': ownFolder('init', 'postgres', {
          password,
          'mark.sql': 'CREATE TABLE made_by_init_file ();',
        }),
        '/var/lib/postgresql': ownFolder('data', 'postgres'),
        '/run/postgresql': ownFolder('socket', 'postgres'),
      },
    });
    const probe = ['pg_isready', '--host=127.0.0.1', '--username=owner', '--dbname=shop'];
    await database.until('PostgreSQL', () => database.exec(...probe).code === 0);
  };

  const query = async (sql: string): Promise<readonly unknown[]> => {
    const host = ownFolder('socket', 'postgres');
    const client = new Client({ host, user: 'owner', database: 'shop' });
    await client.connect();
    try {
      return (await client.query({ text: sql, rowMode: 'array' })).rows as unknown[];
    } finally {
      await client.end();
    }
  };

  beforeAll(async () => {
    for (const { image, path } of await assembleImages())
      images.set(image, unpackImage(path, join(folder, image)));
    sandbox = new Sandbox(folder);
    await sandbox.ready();
    await startDatabase();
    expect(await runApi('migrate').exitCode()).toBe(0);
    expect(await runApi('seed').exitCode()).toBe(0);
    const api = runApi('serve');
    await api.until('the API', () => api.output.includes('"port":'));
    const web = run('storefront-web', {
      mounts: {
        '/etc/dhakacart/config': ownFolder('web', 'storefront-web', webFiles),
      },
    });
    await web.until('nginx', () => spawnedFine(() => ask(`${page}/healthz`)));
  });

  afterAll(async () => {
    await sandbox?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['storefront-api', /^Usage: node storefront-api/],
    ['operator', /^Usage: /],
  ] as const)('%s tells how it is used', async (name, usage) => {
    const container = run(name, { args: ['--help'] });
    expect([await container.exitCode(), container.output]).toEqual([
      0,
      expect.stringMatching(usage),
    ]);
  });

  it('PostgreSQL is the pinned major version, made as the official image would', async () => {
    expect(await query('SHOW server_version_num')).toEqual([[expect.stringMatching(/^18\d{4}$/)]]);
    expect(
      await query(`SELECT current_user, rolsuper FROM pg_roles WHERE rolname = 'owner'`),
    ).toEqual([['owner', true]]);
    expect(await query('SHOW server_encoding')).toEqual([['UTF8']]);
    expect(await query(`SELECT to_regclass('made_by_init_file')::text`)).toEqual([
      ['made_by_init_file'],
    ]);
    expect(
      await query(`SELECT setting FROM pg_settings WHERE name IN
      ('data_directory', 'listen_addresses', 'password_encryption', 'unix_socket_directories') ORDER BY name`),
    ).toEqual([
      ['/var/lib/postgresql/18/docker'],
      ['*'],
      ['scram-sha-256'],
      ['/var/run/postgresql'],
    ]);
  });

  it('PostgreSQL asks for the password over the network, from another address', () => {
    const { output } = database.exec('cat', '/var/lib/postgresql/18/docker/pg_hba.conf');
    expect(output.trimEnd().split('\n').at(-1)).toBe('host all all all scram-sha-256');
  });

  it('PostgreSQL runs as its user with a root that it cannot write, and psql is at hand', () => {
    expect(database.exec('id').output).toContain('uid=999(postgres) gid=999(postgres)');
    expect(database.exec('touch', '/usr/file').output).toContain('Read-only file system');
    expect(database.exec('psql', '-U', 'owner', '-d', 'shop', '-Atc', 'SELECT 1').output).toBe(
      '1\n',
    );
  });

  it('PostgreSQL keeps its data over a restart, and does not make them twice', async () => {
    await query('CREATE TABLE kept AS SELECT 7 AS number');
    await database.stop();
    expect(database.output).toContain('database system is shut down');
    await startDatabase();
    expect(await query('SELECT number FROM kept')).toEqual([[7]]);
    expect(database.output).not.toContain('the database is made');
  });

  it('PostgreSQL refuses to be made without a password', async () => {
    const container = run('postgres', {
      mounts: { '/var/lib/postgresql': ownFolder('empty', 'postgres') },
    });
    expect(await container.exitCode()).not.toBe(0);
    expect(container.output).toContain('POSTGRES_PASSWORD_FILE');
  });

  it('the API answers from the database', () => {
    expect(ask(`http://127.0.0.1:${apiPort}/api/products?limit=1`)).toContain('"priceFromMinor"');
  });

  it('nginx serves the page, its health and its configuration with strict headers', () => {
    const answer = ask(`${page}/`);
    for (const line of [
      /^HTTP\/1.1 200 OK/,
      /^Content-Type: text\/html; charset=utf-8/m,
      /^Content-Security-Policy: default-src 'none'; script-src 'self';/m,
      /^X-Content-Type-Options: nosniff/m,
      /^Cache-Control: no-cache/m,
      /^Server: nginx\r$/m,
      /<title>DhakaCart<\/title>/,
    ])
      expect(answer).toMatch(line);
    expect(answer).not.toMatch(/<script>|style=|onclick=/);
    expect(ask(`${page}/healthz`)).toMatch(/200 OK[^]*\r\n\r\nok\n$/);
    expect(ask(`${page}/config.json`)).toMatch(/application\/json[^]*"apiBaseUrl": "\/api"/);
    expect(ask(`${page}/missing`)).toMatch(/404 Not Found[^]*Content-Security-Policy/);
    expect(
      ask(`${page}/shop.js`, '-H', 'Accept-Encoding: gzip', '-o', '/dev/null', '-D', '-'),
    ).toMatch(/Content-Encoding: gzip/);
    expect(ask(`${page}/api/cart`)).not.toMatch(/Cache-Control: no-cache/);
  });

  it.each([
    ['with what the image holds', '127.0.0.1', undefined],
    [
      'on IPv6 where the store says so',
      '[::1]',
      configFiles(aStore(), 'web', { servesIpv6: true }),
    ],
  ])('nginx runs alone %s, and ends in order', async (_title, host, files) => {
    const alone = new Sandbox(folder);
    try {
      await alone.ready();
      const config = files && ownFolder('alone', 'storefront-web', files);
      const mounts = config === undefined ? {} : { '/etc/dhakacart/config': config };
      const image = images.get('storefront-web') as UnpackedImage;
      const web = alone.start('alone', image, { mounts });
      const answers = [...alone.entrance, 'curl', '-sSf', `http://${host}:8080/config.json`];
      await web.until('nginx', () => spawnSync('env', answers).status === 0);
      await web.stop();
      expect(await web.exitCode()).toBe(0);
    } finally {
      await alone.stop();
    }
  });

  describe.skipIf(chromium === undefined)(
    `in Chromium${chromium ? '' : ' (skipped: not installed)'}`,
    () => {
      const shots = new URL('../../../test-results/storefront-web/', import.meta.url).pathname;
      let browser: Browser;

      beforeAll(async () => {
        mkdirSync(shots, { recursive: true });
        browser = await Browser.start(chromium ?? '', { entrance: sandbox.entrance });
      });

      afterAll(() => browser?.stop());

      const look = async (name: string): Promise<void> =>
        writeFileSync(join(shots, `${name}.png`), await browser.screenshot());

      it.each([
        [360, 740],
        [1280, 800],
      ])(
        'shows the catalogue in both languages at %i x %i, without a sideways scroll',
        async (width, height) => {
          await browser.open(page, [width, height]);
          await browser.until(`document.querySelectorAll('#products li').length === 24`);
          await browser.until(
            `[...document.images].slice(0, 4).every((one) => one.naturalWidth > 0)`,
          );
          await look(`${width}-en`);
          expect(await browser.value(`document.querySelector('.price').textContent`)).toMatch(
            /^৳[\d,.]+$/,
          );
          expect(await browser.value('document.documentElement.scrollWidth')).toBe(width);
          await browser.value(`document.querySelector('[data-locale=bn]').click()`);
          await browser.until(`/^[০-৯,]+৳$/.test(document.querySelector('.price').textContent)`);
          expect(await browser.value('document.documentElement.lang')).toBe('bn');
          await look(`${width}-bn`);
          expect(await browser.value('document.documentElement.scrollWidth')).toBe(width);
          await browser.value(`document.querySelector('[data-locale=en]').click()`);
          await browser.until(`document.documentElement.lang === 'en'`);
          expect(browser.complaints).toEqual([]);
        },
      );

      it('sells a product to somebody who has a keyboard only', async () => {
        const before = await query('SELECT count(*)::int FROM orders');
        await browser.open(page, [360, 740]);
        await browser.until(`document.querySelectorAll('#products li').length === 24`);
        await browser.tabTo('#products button:not(:disabled)');
        await browser.press('Enter');
        await browser.until(`document.querySelector('#products select, #lines li') !== null`);
        if ((await browser.value(`document.querySelector('#lines li') === null`)) === true) {
          await browser.tabTo('#products select + button, #products div:has(select) + button');
          await browser.press('Enter');
          await browser.until(`document.querySelector('#lines li') !== null`);
        }
        for (const [name, text] of Object.entries({ name: 'রহিমা', phone: '01712-345678' })) {
          await browser.tabTo(`[name=${name}]`);
          await browser.type(text);
        }
        for (const [name, text] of Object.entries({ upazila: 'Savar', street: 'House 7' })) {
          await browser.tabTo(`[name=${name}]`);
          await browser.type(text);
        }
        await look('360-order');
        const total = await browser.value(`document.querySelector('#total').textContent`);
        await browser.tabTo('[type=submit]');
        await browser.press('Enter');
        await browser.until(`!document.querySelector('#placed').hidden`);
        await look('360-placed');
        expect(await browser.value(`document.querySelector('#due').textContent`)).toBe(total);
        expect(await browser.value(`document.activeElement.id`)).toBe('placed');
        const [count] = before as readonly (readonly [number])[];
        expect(await query('SELECT count(*)::int FROM orders')).toEqual([[(count?.[0] ?? 0) + 1]]);
        expect(browser.complaints).toEqual([]);
      });

      it('tells in words what is wrong with an order', async () => {
        await browser.open(page, [360, 740]);
        await browser.until(`document.querySelectorAll('#products li').length === 24`);
        await browser.value(`document.querySelector('#products button:not(:disabled)').click()`);
        await browser.until(`document.querySelector('#products select, #lines li') !== null`);
        await browser.value(
          `document.querySelector('#products div:has(select) + button')?.click()`,
        );
        await browser.until(`document.querySelector('#lines li') !== null`);
        await browser.value(`for (const [name, value] of Object.entries(
        { name: 'A', phone: '12', upazila: 'Savar', street: 'House 7' }))
        document.forms.order.elements[name].value = value;
        document.forms.order.requestSubmit()`);
        await browser.until(`document.querySelector('#message').classList.contains('wrong')`);
        expect(await browser.value(`document.querySelector('#message').textContent`)).toMatch(
          /^Please check: Mobile number: must be a mobile number/,
        );
      });
    },
  );
});

function spawnedFine(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
