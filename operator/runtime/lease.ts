// Leader election on a coordination.k8s.io/v1 Lease, by client-go's rules with longer times (15/10/2 s lose the lease in a
// stall of the API server that shops survive).
//
// - A follower times the change of the record that it has observed on its own monotonic clock; wall clocks of different
//   machines are never compared.
// - The leader's right ends `durationMs` after the start of its last successful renewal request, less a margin. Every
//   write asks for it, so a leader that was stopped for a minute writes nothing afterwards.
// - A leader that cannot renew steps down and contends again; it does not exit, so a lone replica never crash-loops.
// - A Lease that somebody deletes frees nothing: its last observed holder keeps its time.
// - Stopping releases the lease, so that a successor acts at once.
import type { ApiClient, ApiRequest } from './api-client.ts';
import { type Clock, sleep } from './clock.ts';
import { isNotFound } from './kube-error.ts';
import { collectionPath, objectPath, type ResourceKind } from './kube-object.ts';
import { LimitedWarning } from './limited-warning.ts';
import type { Logger } from './logger.ts';
import type { RuntimeSettings } from './settings.ts';

const leaseKind: ResourceKind = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

/** Share of the duration that the right to write ends early: time for a request that is under way. */
const fenceMargin = 0.1;

/** Share by which the retry period is lengthened at random, so that followers do not come together. */
const retryJitter = 0.2;

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

interface Lease {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly resourceVersion?: string;
  };
  readonly spec?: LeaseSpec;
}

/** What was last seen of the record, and when it last changed on our own clock. */
interface Observed {
  readonly record: string;
  readonly holder: string;
  readonly durationMs: number;
  readonly at: number;
}

/** Thrown where a write was tried without the lease. */
export class NotLeadingError extends Error {
  override readonly name = 'NotLeadingError';

  constructor() {
    super('this replica does not hold the lease, so it must not write');
  }
}

/** What an elector is made of. */
export interface LeaderElectorOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly settings: RuntimeSettings['lease'];
  readonly namespace: string;
  readonly name: string;
  /** Unique to this process. */
  readonly identity: string;
  readonly logger: Logger;
  readonly onStartedLeading: () => void;
  readonly onStoppedLeading: (reason: string) => void;
  readonly random?: () => number;
}

/** Contends for a lease until it is stopped. */
export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #random: () => number;
  readonly #stop = new AbortController();
  readonly #unreachable: LimitedWarning;
  #running: Promise<void> | undefined;
  #isLeader = false;
  /** Monotonic start of the last renewal request that succeeded. */
  #renewedAt = Number.NEGATIVE_INFINITY;
  #observed: Observed | undefined;
  #loopedAt: number;

  constructor(options: LeaderElectorOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#unreachable = new LimitedWarning('the lease could not be renewed or read', options);
    this.#loopedAt = options.clock.monotonic();
  }

  /** Begins to contend. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Releases the lease if it is held, and ends. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    if (!this.#isLeader) return;
    this.#stepDown('stopped');
    await this.#release();
  }

  /** True while this process may write. */
  isLeading(): boolean {
    return this.#isLeader && this.expiresInMs() > 0;
  }

  /** @throws NotLeadingError when this process may not write */
  assertLeading(): void {
    if (!this.isLeading()) throw new NotLeadingError();
  }

  /** Milliseconds that the right to write lasts if no further renewal succeeds; negative when it is over. */
  expiresInMs(): number {
    const { clock, settings } = this.#options;
    return this.#renewedAt + settings.durationMs * (1 - fenceMargin) - clock.monotonic();
  }

  /** Milliseconds since the loop last came round; for liveness. */
  get loopAgeMs(): number {
    return this.#options.clock.monotonic() - this.#loopedAt;
  }

  async #run(): Promise<void> {
    const { clock, settings } = this.#options;
    while (!this.#stop.signal.aborted) {
      this.#loopedAt = clock.monotonic();
      await this.#tryOnce();
      this.#checkDeadline();
      // Counted from the start of the attempt, so that one that hung does not cost its time twice.
      const { retryPeriodMs, standbyPeriodMs } = settings;
      const basisMs = this.#isLeader ? retryPeriodMs : standbyPeriodMs;
      const periodMs = basisMs * (1 + retryJitter * this.#random());
      const delayMs = Math.max(0, this.#loopedAt + periodMs - clock.monotonic());
      await sleep(clock, delayMs, this.#stop.signal);
    }
  }

  #checkDeadline(): void {
    const { clock, settings } = this.#options;
    const silentMs = clock.monotonic() - this.#renewedAt;
    if (this.#isLeader && silentMs >= settings.renewDeadlineMs) {
      this.#stepDown(`no renewal succeeded for ${Math.round(silentMs / 1000)} s`);
    }
  }

  async #tryOnce(): Promise<void> {
    const { clock } = this.#options;
    const startedAt = clock.monotonic();
    try {
      const lease = await this.#read(this.#stop.signal);
      if (lease !== undefined) this.#observe(lease);
      if (!this.#isFree()) return this.#lostTo(this.#observed?.holder ?? '');
      if (lease === undefined) await this.#create();
      else await this.#update(lease);
      this.#renewedAt = startedAt;
      this.#lead();
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#unreachable.warn(error);
    }
  }

  #observe({ spec = {} }: Lease): void {
    const record = JSON.stringify(spec);
    if (this.#observed?.record === record) return;
    const { holderIdentity: holder = '', leaseDurationSeconds = 0 } = spec;
    const at = this.#options.clock.monotonic();
    this.#observed = { record, holder, durationMs: leaseDurationSeconds * 1000, at };
  }

  #isFree(): boolean {
    if (this.#observed === undefined) return true;
    const { holder, durationMs, at } = this.#observed;
    if (holder === '' || holder === this.#options.identity) return true;
    return this.#options.clock.monotonic() - at > durationMs;
  }

  #lostTo(holder: string): void {
    if (this.#isLeader) this.#stepDown(`taken over by ${holder}`);
  }

  #lead(): void {
    if (this.#isLeader) return;
    this.#isLeader = true;
    this.#options.logger.info({ identity: this.#options.identity }, 'holds the lease');
    this.#options.onStartedLeading();
  }

  #stepDown(reason: string): void {
    this.#isLeader = false;
    this.#renewedAt = Number.NEGATIVE_INFINITY;
    this.#options.logger.warn({ reason }, 'no longer holds the lease');
    this.#options.onStoppedLeading(reason);
  }

  /** @param stop ends the read early; a write is never broken off, since it may have been heard */
  async #read(stop?: AbortSignal): Promise<Lease | undefined> {
    try {
      return await this.#send<Lease>({
        method: 'GET',
        path: this.#path(),
        ...(stop && { signal: stop }),
      });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #create(): Promise<void> {
    const { namespace } = this.#options;
    const body = this.#lease({
      ...this.#ourSpec(),
      acquireTime: this.#microTime(),
      leaseTransitions: 0,
    });
    const path = collectionPath(leaseKind, namespace);
    this.#observe(await this.#send<Lease>({ method: 'POST', path, body }));
  }

  async #update(lease: Lease): Promise<void> {
    const isOurs = lease.spec?.holderIdentity === this.#options.identity;
    const transitions = lease.spec?.leaseTransitions ?? 0;
    const spec: LeaseSpec = {
      ...this.#ourSpec(),
      acquireTime: (isOurs && lease.spec?.acquireTime) || this.#microTime(),
      leaseTransitions: isOurs ? transitions : transitions + 1,
    };
    await this.#put(lease, spec);
  }

  /** An empty holder and a duration of a second: https://github.com/kubernetes/client-go leaderelection.go `release`. */
  async #release(): Promise<void> {
    try {
      const lease = await this.#read();
      if (lease?.spec?.holderIdentity !== this.#options.identity) return;
      await this.#put(lease, { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1 });
    } catch (error) {
      this.#options.logger.warn({ reason: (error as Error).message }, 'the lease was not released');
    }
  }

  /** The resource version is the lock between contenders. */
  async #put(lease: Lease, spec: LeaseSpec): Promise<void> {
    const body = { ...this.#lease(spec), metadata: lease.metadata };
    this.#observe(await this.#send<Lease>({ method: 'PUT', path: this.#path(), body }));
  }

  /** `timeoutMs` bounds the wait for headers only; the timer bounds all of it, connecting and the body included. */
  async #send<Body>(request: ApiRequest): Promise<Body> {
    const { client, clock, settings } = this.#options;
    const timeoutMs = settings.attemptTimeoutMs;
    const limit = new AbortController();
    const timer = clock.after(timeoutMs, () => limit.abort());
    const signals = [limit.signal, ...(request.signal ? [request.signal] : [])];
    const signal = AbortSignal.any(signals);
    try {
      return await client.request<Body>({
        ...request,
        signal,
        unfenced: true,
        tries: 1,
        timeoutMs,
      });
    } finally {
      timer.cancel();
    }
  }

  #path(): string {
    const { namespace, name } = this.#options;
    return objectPath({ kind: leaseKind, namespace, name });
  }

  #lease(spec: LeaseSpec): Lease {
    const { namespace, name } = this.#options;
    return {
      apiVersion: leaseKind.apiVersion,
      kind: leaseKind.kind,
      metadata: { name, namespace },
      spec,
    };
  }

  #ourSpec(): LeaseSpec {
    const { identity, settings } = this.#options;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.max(1, Math.round(settings.durationMs / 1000)),
      renewTime: this.#microTime(),
    };
  }

  /** MicroTime wants six digits after the point. */
  #microTime(): string {
    return new Date(this.#options.clock.now()).toISOString().replace('Z', '000Z');
  }
}
