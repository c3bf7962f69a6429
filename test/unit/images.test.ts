// What the images and the compose file promise; they are built where there is an engine, and read here.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { aStore } from '../support/a-store.ts';
import { container } from '../../operator/desired/container.ts';
import { containerSecurityContext } from '../../operator/desired/security-context.ts';
import { apiConfig, parseCommand } from '../../storefront-api/config.ts';

const textOf = (name: string): string =>
  readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

const dockerfiles = ['Dockerfile.operator', 'Dockerfile.api'] as const;

describe.each(dockerfiles)('%s', (name) => {
  const lines = textOf(name)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));

  it('starts from digests that are named once', () => {
    const bases = lines.filter((line) => line.startsWith('ARG '));
    expect(bases).toHaveLength(2);
    for (const base of bases) expect(base).toMatch(/@sha256:[0-9a-f]{64}$/);
    const from = lines.filter((line) => line.startsWith('FROM '));
    expect(from.every((line) => /^FROM \$\{\w+\}( AS build)?$/.test(line))).toBe(true);
  });

  it('runs as a number that is not root, without a shell, from files that it cannot write', () => {
    expect(last).toContain('USER 65532:65532');
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
      .map((path) => path.replace(/^\.\//, ''));
    expect(copied.filter((path) => !context.includes(path))).toEqual([]);
  });

  it('has the same base as the other image', () => {
    const digests = (file: string): readonly string[] => textOf(file).match(/sha256:\w+/g) ?? [];
    expect(digests(name)).toEqual(digests(dockerfiles[0]));
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
    readonly configs: { readonly shop: { readonly content: string } };
  };
  const ours = ['migrate', 'seed', 'api'];
  const key = 'x'.repeat(64);
  const files: Readonly<Record<string, string>> = {
    '/config/config.json': configs.shop.content,
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

  it.each(ours)('runs %s as strictly as the cluster does', (name) => {
    const service = services[name];
    const { readOnlyRootFilesystem, capabilities } = containerSecurityContext();
    expect([service?.read_only, service?.cap_drop]).toEqual([
      readOnlyRootFilesystem,
      capabilities?.drop,
    ]);
  });

  it('publishes on the loopback only, under the ports of the cluster', () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    const declared = container(aStore(), 'api').ports?.map(({ containerPort }) => containerPort);
    expect(ports).toEqual(declared?.map((port) => `127.0.0.1:${port}:${port}`));
  });

  it('begins each service once what it needs is there', () => {
    expect(services['postgres']?.healthcheck).toBeDefined();
    expect(services['api']?.healthcheck).toBeDefined();
    const conditions = Object.values(services).flatMap((service) =>
      Object.values(service.depends_on ?? {}).map(({ condition }) => condition),
    );
    expect(conditions).toHaveLength(4);
    expect(conditions).not.toContain('service_started');
  });
});
