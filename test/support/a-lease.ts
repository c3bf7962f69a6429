import type { ApiClient, ApiRequest } from '../../operator/runtime/api-client.ts';
import { type Clock } from '../../operator/runtime/clock.ts';
import { LeaderElector } from '../../operator/runtime/lease.ts';
import { defaultSettings } from '../../operator/runtime/settings.ts';
import { FakeClock, ProcessClock, type ProcessTime } from './fake-clock.ts';
import { httpFailure, rememberingLogger, ScriptedClient } from './scripted-client.ts';

interface StoredLease {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** One Lease with the API server's optimistic lock. */
export class LeaseServer {
  stored: StoredLease | undefined;
  #version = 0;

  handle({ method, body }: ApiRequest): unknown {
    if (method === 'GET') return this.stored ?? httpFailure(404, 'NotFound');
    const written = body as StoredLease;
    if (method === 'POST') {
      if (this.stored !== undefined) return httpFailure(409, 'AlreadyExists');
    } else {
      if (this.stored === undefined) return httpFailure(404, 'NotFound');
      const isNewest = written.metadata.resourceVersion === this.stored.metadata.resourceVersion;
      if (!isNewest) return httpFailure(409, 'Conflict');
      // A write that changes nothing makes no new version.
      if (JSON.stringify(written.spec) === JSON.stringify(this.stored.spec)) return this.stored;
    }
    this.#version += 1;
    const metadata = { ...written.metadata, resourceVersion: String(this.#version) };
    this.stored = structuredClone({ ...written, metadata });
    return this.stored;
  }
}

interface Contender {
  readonly elector: LeaderElector;
  readonly said: string[];
  readonly client: ScriptedClient;
}

/** One process that wants to lead. */
export function contender(
  identity: string,
  parts: { readonly server: LeaseServer; readonly clock: Clock; readonly client?: ApiClient },
): Contender {
  const said: string[] = [];
  const client = new ScriptedClient((request) => parts.server.handle(request));
  const elector = new LeaderElector({
    client: parts.client ?? client,
    clock: parts.clock,
    settings: defaultSettings.lease,
    namespace: 'system',
    name: 'operator',
    identity,
    logger: rememberingLogger(),
    onStartedLeading: () => said.push('started'),
    onStoppedLeading: (reason) => said.push(reason),
    random: () => 0.5,
  });
  return { elector, said, client };
}

/** A Lease, a clock, and processes that contend for it. */
export function aWorld() {
  const clock = new FakeClock();
  const server = new LeaseServer();
  const join = (identity: string, time: ProcessTime = {}) => {
    const process = new ProcessClock(clock, time);
    return { ...contender(identity, { server, clock: process }), process };
  };
  return { clock, server, join };
}
