// What the images and the compose file promise; they are built where there is an engine, and read here.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseDockerfile } from '../../dev/images/dockerfile.ts';
import { aStore } from '../support/a-store.ts';
import { container } from '../../operator/desired/container.ts';
import { containerSecurityContext } from '../../operator/desired/security-context.ts';
import { apiConfig, parseCommand } from '../../storefront-api/config.ts';

const textOf = (name: string): string =>
  readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

const dockerfiles = ['Dockerfile.operator', 'Dockerfile.api', 'Dockerfile.web'] as const;
const nodeImages = dockerfiles.slice(0, 2);

describe.each(dockerfiles)('%s', (name) => {
  const lines = textOf(name)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));

  it('starts from digests that are named once', () => {
    const bases = lines.filter((line) => line.startsWith('ARG '));
    expect(bases).toHaveLength(lines.filter((line) => line.startsWith('FROM ')).length);
    for (const base of bases) expect(base).toMatch(/@sha256:[0-9a-f]{64}$/);
    const from = lines.filter((line) => line.startsWith('FROM '));
    expect(from.every((line) => /^FROM \$\{\w+\}( AS build)?$/.test(line))).toBe(true);
  });

  it('runs as a number that is not root, without a shell, from files that it cannot write', () => {
    expect(last).toContain(name === 'Dockerfile.web' ? 'USER 101:101' : 'USER 65532:65532');
    expect(last.some((line) => line.startsWith('RUN '))).toBe(false);
    for (const line of last.filter((one) => /^(ENTRYPOINT|CMD) /.test(one)))
      expect(JSON.parse(line.slice(line.indexOf('[')))).toBeInstanceOf(Array);
    for (const line of last.filter((one) => one.startsWith('COPY ')))
      expect(line).toMatch(/--chown=0:0 --chmod=0[45][45][45] /);
  });

  it('copies only what the context holds', () => {
    const context = textOf('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(' ').slice(1, -1))
      .filter((word) => !word.startsWith('--'))
      .map((path) => path.replace(/^\.\//, ''));
    expect(
      copied.filter((path) => !context.some((one) => path === one || path.startsWith(`${one}/`))),
    ).toEqual([]);
  });

  it('says only what is understood where images are assembled without an engine', () => {
    const { config, copies } = parseDockerfile(textOf(name));
    expect(config.entrypoint[0]).toMatch(/^\//);
    expect(config.ports).toContain(8080);
    expect(copies.length).toBeGreaterThan(0);
  });
});

it('the images with Node have the same bases', () => {
  const [first, second] = nodeImages.map((name) => textOf(name).match(/sha256:\w+/g));
  expect(first).toEqual(second);
});

describe('a Dockerfile', () => {
  const base = 'FROM a AS build\nRUN make\nFROM b\n';

  it('is read from its last stage, continued lines and comments included', () => {
    const text = `${base}# why\nCOPY --from=build --chown=0:0 --chmod=0555 /src/dist \\\n  /app\nENV A=b=c\nEXPOSE 1 2\nCMD ["x"]\n`;
    expect(parseDockerfile(text)).toMatchObject({
      config: { user: '', env: { A: 'b=c' }, ports: [1, 2], cmd: ['x'], entrypoint: [] },
      copies: [{ from: '/src/dist', to: '/app', isFromBuild: true, mode: 0o555 }],
    });
  });

  it.each([
    'RUN make',
    'COPY a /b',
    'COPY --chown=0:0 --chmod=0444 a b /c',
    'COPY --chown=1:1 --chmod=0444 a /b',
  ])('is refused with %s', (line) => {
    expect(() => parseDockerfile(`${base}${line}\n`)).toThrow();
  });
});

interface Service {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
}

describe('docker-compose.yaml', () => {
  const { services, configs } = parse(textOf('docker-compose.yaml'), { merge: true }) as {
    readonly services: Readonly<Record<string, Service>>;
    readonly configs: Readonly<Record<string, { readonly file?: string }>>;
  };
  const ours = ['migrate', 'seed', 'api'];
  const strict = [...ours, 'web'];
  const key = 'x'.repeat(64);
  const files: Readonly<Record<string, string>> = {
    '/config/config.json': textOf(configs['shop']?.file ?? ''),
    '/keys/jwks.json': JSON.stringify({ keys: [{ kty: 'oct', kid: '1', alg: 'HS256', k: key }] }),
    '/keys/session-secret': key,
    '/keys/database-password': 'password',
  };

  it.each(ours)('gives %s settings that the API takes, and a command that it knows', (name) => {
    const { environment = {}, command = [] } = services[name] ?? {};
    const config = apiConfig({ env: environment, readFile: (path) => files[path] ?? '' });
    expect(config.database).toMatchObject({ host: 'postgres', password: 'password' });
    expect(parseCommand(command).command).toBe(command[0]);
  });

  it.each(strict)('runs %s as strictly as the cluster does', (name) => {
    const service = services[name];
    const { readOnlyRootFilesystem, capabilities } = containerSecurityContext();
    expect([service?.read_only, service?.cap_drop]).toEqual([
      readOnlyRootFilesystem,
      capabilities?.drop,
    ]);
  });

  // Compose writes other configs into the container, which it cannot where that is read only: https://github.com/docker/compose/issues/12031.
  it('gives files alone as configs, for they are mounted', () => {
    for (const config of Object.values(configs)) {
      expect(Object.keys(config)).toEqual(['file']);
      expect(textOf(config.file ?? '')).not.toBe('');
    }
  });

  it('publishes on the loopback only, under the ports of the cluster', () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    const declared = (['api', 'web'] as const).flatMap(
      (name) =>
        container(aStore(), name, 'x:1').ports?.map(({ containerPort }) => containerPort) ?? [],
    );
    // The API's own port is reached through the page's server, as through the Ingress of a cluster.
    const published = [...new Set(declared)].map((port) => `127.0.0.1:${port}:${port}`);
    expect(ports.toSorted()).toEqual(published.toSorted());
  });

  it('begins each service once what it needs is there', () => {
    expect(services['postgres']?.healthcheck).toBeDefined();
    for (const name of ['api', 'web']) expect(services[name]?.healthcheck).toBeDefined();
    const conditions = Object.values(services).flatMap((service) =>
      Object.values(service.depends_on ?? {}).map(({ condition }) => condition),
    );
    expect(conditions).toHaveLength(5);
    expect(conditions).not.toContain('service_started');
  });
});
