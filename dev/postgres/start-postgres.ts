// A real PostgreSQL for development and tests: the binaries come from npm, the data lives in a temporary folder, the
// server listens on loopback only. It runs under the supervisor of the development clusters, so it ends with its parent
// however that ends.
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePorts } from '../cluster/free-ports.ts';
import { runCommand } from '../cluster/run-command.ts';
import { SupervisedProcesses } from '../cluster/supervised-processes.ts';
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts';
import { reachableBinaries } from './reachable-binaries.ts';
import { type SystemUser, unprivilegedUser } from './unprivileged-user.ts';

/** What can be asked of the server. */
export interface PostgresOptions {
  /** Default true. Without, a crash of the machine may lose data: fine for tests, which run twice as fast. */
  readonly fsync?: boolean;
  /** PEM of what the server shows to clients that ask for TLS; without, it has none. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** A running server. */
export interface PostgresServer {
  readonly port: number;
  /** Connection URL of the administrator for a database, `postgres` by default. */
  url(database?: string): string;
  /** Ends the server as a crash would, without telling anybody. */
  kill(): Promise<void>;
  /** Ends it in order if it runs, then starts it on the same port and data. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

const administrator = 'dhakacart_admin';
const processName = 'postgres';
const startPatienceMs = 30_000;
const pollIntervalMs = 50;
/** Other processes may take the port between our look and the server's. */
const portAttempts = 3;
const maxConnections = 200;
/** Below the folder of the data. */
const tlsFiles = { certificate: 'server.crt', key: 'server.key' } as const;

type TlsOption = NonNullable<PostgresOptions['tls']>;

interface Layout {
  readonly data: string;
  readonly log: string;
  readonly passwordFile: string;
  readonly password: string;
  readonly user: SystemUser | undefined;
}

/** PostgreSQL refuses a key that others may read (https://www.postgresql.org/docs/18/ssl-tcp.html). */
function writeTlsFiles({ data, user }: Layout, { certificate, key }: TlsOption): void {
  for (const [name, text] of [
    [tlsFiles.certificate, certificate],
    [tlsFiles.key, key],
  ] as const) {
    const path = join(data, name);
    writeFileSync(path, text, { mode: 0o600 });
    if (user !== undefined) chownSync(path, user.uid, user.gid);
  }
}

function createLayout(): { readonly folder: string; readonly layout: Layout } {
  const folder = mkdtempSync(join(tmpdir(), 'dhakacart-postgres-'));
  const user = unprivilegedUser();
  const password = randomBytes(24).toString('base64url');
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  chmodSync(folder, 0o755); // the server's user passes through; its own folder is closed
  if (user !== undefined) {
    for (const path of [data, passwordFile]) chownSync(path, user.uid, user.gid);
  }
  return {
    folder,
    layout: { data, log: join(folder, 'postgres.log'), passwordFile, password, user },
  };
}

async function runInitdb(
  { initdb }: PostgresBinaries,
  { data, passwordFile, user }: Layout,
): Promise<void> {
  const { code, stderr } = await runCommand({
    file: initdb,
    args: [
      `--pgdata=${data}`,
      `--username=${administrator}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // Built in since PostgreSQL 17: the same order and case rules on every machine.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-sync',
      '--no-instructions',
    ],
    cwd: data,
    timeoutMs: startPatienceMs,
    ...user,
  });
  if (code !== 0) throw new Error(`initdb ended with ${code}: ${stderr.trim()}`);
}

interface Parts {
  readonly processes: SupervisedProcesses;
  readonly layout: Layout;
  readonly binaries: PostgresBinaries;
  readonly options: PostgresOptions;
}

class EmbeddedPostgres implements PostgresServer {
  port = 0;
  readonly #processes: SupervisedProcesses;
  readonly #layout: Layout;
  readonly #binaries: PostgresBinaries;
  readonly #options: PostgresOptions;

  constructor({ processes, layout, binaries, options }: Parts) {
    this.#processes = processes;
    this.#layout = layout;
    this.#binaries = binaries;
    this.#options = options;
  }

  url(database = 'postgres'): string {
    return `postgres://${administrator}:${this.#layout.password}@127.0.0.1:${this.port}/${database}`;
  }

  async startOnFreePort(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      this.port = (await freePorts(1))[0] ?? 0;
      try {
        await this.#start();
        return;
      } catch (error) {
        if (attempt === portAttempts || !this.#logText().includes('Address already in use'))
          throw error;
      }
    }
  }

  kill(): Promise<void> {
    return this.#processes.kill(processName, 'SIGKILL');
  }

  async restart(): Promise<void> {
    await this.#processes.kill(processName, 'SIGINT');
    await this.#startAgain();
  }

  stop(): Promise<void> {
    return this.#processes.stop();
  }

  /** After a crash the old server's children go on for some milliseconds, and a new one refuses to start beside them. */
  async #startAgain(): Promise<void> {
    const deadline = performance.now() + startPatienceMs;
    for (;;) {
      const logged = this.#logText().length;
      try {
        await this.#start();
        return;
      } catch (error) {
        const isOldAlive = this.#logText().slice(logged).includes('pre-existing shared memory');
        if (!isOldAlive || performance.now() > deadline) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
    }
  }

  async #start(): Promise<void> {
    const { data, log, user } = this.#layout;
    const durability = (this.#options.fsync ?? true) ? 'on' : 'off';
    const settings = {
      listen_addresses: '127.0.0.1',
      port: this.port,
      unix_socket_directories: '',
      max_connections: maxConnections,
      fsync: durability,
      synchronous_commit: durability,
      full_page_writes: durability,
      shared_buffers: '64MB',
      timezone: 'UTC',
      log_timezone: 'UTC',
      ...(this.#options.tls !== undefined && {
        ssl: 'on',
        ssl_cert_file: tlsFiles.certificate,
        ssl_key_file: tlsFiles.key,
      }),
    };
    await this.#processes.start({
      name: processName,
      file: this.#binaries.postgres,
      args: [
        '-D',
        data,
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      logPath: log,
      stopSignal: 'SIGQUIT', // immediate: the data is thrown away, but shared memory is given back
      ...user,
    });
    await this.#answers();
  }

  async #answers(): Promise<void> {
    const deadline = performance.now() + startPatienceMs;
    for (;;) {
      const failure = await connectionFailure(this.url());
      if (failure === undefined) return;
      const outcome = this.#processes.outcomes.get(processName);
      if (outcome !== undefined || performance.now() > deadline) {
        throw new Error(
          `PostgreSQL did not start (${outcome ?? failure}): ${this.#logText().slice(-2_000)}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
    }
  }

  #logText(): string {
    return readFileSync(this.#layout.log, 'utf8');
  }
}

async function connectionFailure(connectionString: string): Promise<string | undefined> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined); // the server may end at any time
  try {
    await client.connect();
    await client.end();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * Starts a server.
 * @throws Error when this platform has no binaries or the server does not start, with the end of its log
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const installed = postgresBinaries();
  const place = createLayout();
  const processes = new SupervisedProcesses(place.folder);
  try {
    const { user } = place.layout;
    const binaries =
      user === undefined ? installed : await reachableBinaries(installed, user, place.folder);
    const server = new EmbeddedPostgres({ processes, binaries, options, layout: place.layout });
    await runInitdb(binaries, place.layout);
    if (options.tls !== undefined) writeTlsFiles(place.layout, options.tls);
    await server.startOnFreePort();
    return server;
  } catch (error) {
    await processes.stop();
    throw error;
  }
}
